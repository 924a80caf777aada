// A typed event emitter: `on` returns the function that unsubscribes.

export type Listener<T> = (payload: T) => void;

export class Emitter<Events extends object> {
  private readonly listeners_ = new Map<keyof Events, Set<Listener<never>>>();

  on<K extends keyof Events>(event: K, listener: Listener<Events[K]>): () => void {
    let set = this.listeners_.get(event);
    if (!set) {
      set = new Set();
      this.listeners_.set(event, set);
    }
    set.add(listener as Listener<never>);
    return () => set.delete(listener as Listener<never>);
  }

  once<K extends keyof Events>(event: K, listener: Listener<Events[K]>): () => void {
    const off = this.on(event, (payload) => {
      off();
      listener(payload);
    });
    return off;
  }

  /** A listener that throws must not keep the others from hearing; its error surfaces on its own. */
  protected emit<K extends keyof Events>(event: K, payload: Events[K]): void {
    for (const listener of [...(this.listeners_.get(event) ?? [])]) {
      try {
        (listener as Listener<Events[K]>)(payload);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  protected clearListeners(): void {
    this.listeners_.clear();
  }
}
