// Whether WebGL is done by a GPU. `failIfMajorPerformanceCaveat` should tell, and does not where a
// browser was started without a GPU on purpose; the renderer's name does.

const kSoftware = /swiftshader|llvmpipe|softpipe|software|basic render/i;

let known: boolean | null = null;

export function hasGpu(): boolean {
  known ??= askForGpu();
  return known;
}

function askForGpu(): boolean {
  const context = document
    .createElement('canvas')
    .getContext('webgl2', { failIfMajorPerformanceCaveat: true });
  if (!context) return false;
  const extension = context.getExtension('WEBGL_debug_renderer_info');
  const name = context.getParameter(extension?.UNMASKED_RENDERER_WEBGL ?? context.RENDERER);
  context.getExtension('WEBGL_lose_context')?.loseContext();
  return !kSoftware.test(String(name));
}
