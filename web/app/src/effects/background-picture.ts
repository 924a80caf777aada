// A calm wall with soft light and a shelf, painted here: nothing is downloaded for it.

const kWidth = 1280;
const kHeight = 720;

let painted: Promise<ImageBitmap> | null = null;

export function backgroundPicture(): Promise<ImageBitmap> {
  painted ??= paint();
  return painted;
}

function paint(): Promise<ImageBitmap> {
  const canvas = document.createElement('canvas');
  canvas.width = kWidth;
  canvas.height = kHeight;
  const context = canvas.getContext('2d')!;
  wall(context);
  shelf(context);
  return createImageBitmap(canvas);
}

function wall(context: CanvasRenderingContext2D): void {
  const ground = context.createLinearGradient(0, 0, kWidth, kHeight);
  ground.addColorStop(0, '#dfe7e2');
  ground.addColorStop(1, '#9fb5ae');
  context.fillStyle = ground;
  context.fillRect(0, 0, kWidth, kHeight);
  const light = context.createRadialGradient(300, 120, 40, 300, 120, 620);
  light.addColorStop(0, 'rgb(255 250 235 / 0.75)');
  light.addColorStop(1, 'rgb(255 250 235 / 0)');
  context.fillStyle = light;
  context.fillRect(0, 0, kWidth, kHeight);
}

const kBooks = ['#51707a', '#a8745a', '#d8c49a', '#6f8f7d', '#8b5a5f', '#c4a878', '#48606b'];

function shelf(context: CanvasRenderingContext2D): void {
  context.fillStyle = '#7b6650';
  context.fillRect(900, 330, 300, 14);
  let left = 920;
  for (const [i, colour] of kBooks.entries()) {
    const width = 22 + ((i * 7) % 12);
    const height = 120 + ((i * 37) % 60);
    context.fillStyle = colour;
    context.fillRect(left, 330 - height, width, height);
    left += width + 4;
  }
}
