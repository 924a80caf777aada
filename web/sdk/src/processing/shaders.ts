// The programs of the WebGL renderer. Pictures stand with their first row at v = 0 throughout; only
// the last pass turns them over, since a canvas begins at the bottom.

export const kVertex = `#version 300 es
uniform float turn;
out vec2 at;
void main() {
  vec2 corner = vec2((gl_VertexID << 1) & 2, gl_VertexID & 2);
  at = vec2(corner.x, mix(corner.y, 1.0 - corner.y, turn));
  gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}`;

const kHead = `#version 300 es
precision mediump float;
in vec2 at;
out vec4 color;
`;

/** The new mask into the smoothed one; where much changed at once, faster. */
export const kSmoothMask = `${kHead}
uniform sampler2D fresh;
uniform sampler2D before;
uniform float share;
void main() {
  float now = texture(fresh, at).a;
  float old = texture(before, at).r;
  float change = smoothstep(0.3, 0.7, abs(now - old));
  color = vec4(mix(old, now, mix(share, 1.0, change)));
}`;

/**
 * Makes the picture smaller for a blur. What is the person counts for nothing, so that no colour of
 * theirs bleeds into the background: alpha tells how much counts.
 */
export const kShrink = `${kHead}
uniform sampler2D picture;
uniform sampler2D mask;
uniform vec2 texel;
uniform float masked;
void main() {
  vec3 sum = vec3(0.0);
  for (int y = 0; y < 2; y++) {
    for (int x = 0; x < 2; x++) {
      sum += texture(picture, at + (vec2(x, y) - 0.5) * texel).rgb;
    }
  }
  // A little of everything counts: behind a person that fills the picture something must stand.
  float counts = mix(1.0, max(0.004, 1.0 - texture(mask, at).r), masked);
  color = vec4(sum * 0.25 * counts, counts);
}`;

/** One direction of a Gaussian blur; each sample takes two texels at once. */
export const kBlur = `${kHead}
uniform sampler2D picture;
uniform vec2 direction;
uniform float sigma;
void main() {
  vec4 sum = texture(picture, at);
  float weights = 1.0;
  float reach = ceil(sigma * 2.2);
  for (float i = 1.0; i <= 40.0; i += 2.0) {
    if (i > reach) break;
    float near = exp(-0.5 * i * i / (sigma * sigma));
    float far = exp(-0.5 * (i + 1.0) * (i + 1.0) / (sigma * sigma));
    float both = near + far;
    vec2 offset = direction * (i + far / both);
    sum += (texture(picture, at + offset) + texture(picture, at - offset)) * both;
    weights += 2.0 * both;
  }
  color = sum / weights;
}`;

export const kCompose = `${kHead}
uniform sampler2D picture;
uniform sampler2D behind;
uniform sampler2D mask;
uniform vec4 window;
uniform float brightness;
uniform float brightnessBehind;
uniform float masked;
void main() {
  vec4 back = texture(behind, window.xy + at * window.zw);
  vec3 background = back.rgb / max(back.a, 0.0001) * brightnessBehind;
  float person = smoothstep(0.3, 0.7, texture(mask, at).r) * masked;
  vec3 front = texture(picture, at).rgb * brightness;
  color = vec4(mix(background, front, person), 1.0);
}`;
