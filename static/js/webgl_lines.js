// Polylines on a canvas by WebGL: hundreds of thousands of points in a frame. Ours, because Plotly's own WebGL traces
// build functions from text, which the content-security policy forbids.
const VERTEX = `#version 300 es
in vec2 corner;
in vec3 begin;
in vec3 end;
uniform vec2 size;
uniform float halfWidth;
out float along;
out float across;
void main() {
  vec2 way = end.xy - begin.xy;
  float far = length(way);
  vec2 ahead = far > 0.0 ? way / far : vec2(1.0, 0.0);
  across = corner.y * (halfWidth + 0.5);
  along = mix(begin.z, end.z, corner.x);
  vec2 at = mix(begin.xy, end.xy, corner.x) + vec2(-ahead.y, ahead.x) * across;
  gl_Position = vec4(at / size * vec2(2.0, -2.0) + vec2(-1.0, 1.0), 0.0, 1.0);
}`;
const FRAGMENT = `#version 300 es
precision highp float;
in float along;
in float across;
uniform float halfWidth;
uniform vec4 colour;
uniform vec2 dash;
out vec4 result;
void main() {
  if (dash.y > 0.0 && mod(along, dash.y) > dash.x) discard;
  float covered = clamp(halfWidth + 0.5 - abs(across), 0.0, 1.0);
  result = vec4(colour.rgb, 1.0) * colour.a * covered;
}`;
const CORNERS = new Float32Array([0, -1, 1, -1, 0, 1, 1, 1]);
const FLOATS = 6;

export class WebglLines {
  // Throws where there is no WebGL 2.
  constructor(canvas) {
    this.canvas = canvas;
    const gl = (this.gl = canvas.getContext("webgl2", { antialias: false, premultipliedAlpha: true }));
    if (!gl) throw new Error("no WebGL 2");
    this.program = link(gl);
    gl.useProgram(this.program);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    this.#attribute("corner", gl.createBuffer(), 2, 0, 0, CORNERS);
    this.buffer = gl.createBuffer();
    this.#attribute("begin", this.buffer, 3, 0, 1);
    this.#attribute("end", this.buffer, 3, 3, 1);
  }

  #attribute(name, buffer, size, offset, divisor, data = null) {
    const { gl } = this;
    const place = gl.getAttribLocation(this.program, name);
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    if (data) gl.bufferData(gl.ARRAY_BUFFER, data, gl.STATIC_DRAW);
    gl.enableVertexAttribArray(place);
    gl.vertexAttribPointer(place, size, gl.FLOAT, false, divisor ? FLOATS * 4 : 0, offset * 4);
    gl.vertexAttribDivisor(place, divisor);
  }

  // lines: [{xs, ys (in CSS pixels; a gap where one is not finite), colour [r, g, b] of 0 to 1, opacity, width, dash [on, period] or null}]
  draw(lines, width, height) {
    const { gl, canvas } = this;
    const ratio = devicePixelRatio;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.uniform2f(this.#uniform("size"), canvas.width, canvas.height);
    for (const line of lines) this.#line(line, ratio);
  }

  #line({ xs, ys, colour, opacity, width, dash }, ratio) {
    const { gl } = this;
    const { data, count } = segments(xs, ys, ratio);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.DYNAMIC_DRAW);
    gl.uniform4f(this.#uniform("colour"), ...colour, opacity);
    gl.uniform1f(this.#uniform("halfWidth"), (width * ratio) / 2);
    gl.uniform2f(this.#uniform("dash"), ...(dash ?? [0, 0]).map((length) => length * ratio));
    gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, count);
  }

  #uniform(name) {
    return this.gl.getUniformLocation(this.program, name);
  }

  // A page may hold few contexts, so that of a closed chart is given back.
  remove() {
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
    this.canvas.remove();
  }
}

// From each point to the next: x, y, and how far along the line, of both.
function segments(xs, ys, ratio) {
  const data = new Float32Array(Math.max(0, xs.length - 1) * FLOATS);
  let count = 0;
  let far = 0;
  for (let at = 1; at < xs.length; at++) {
    const step = Math.hypot(xs[at] - xs[at - 1], ys[at] - ys[at - 1]);
    if (!Number.isFinite(step)) continue;
    data.set([xs[at - 1] * ratio, ys[at - 1] * ratio, far * ratio, xs[at] * ratio, ys[at] * ratio, (far + step) * ratio], count * FLOATS);
    far += step;
    count++;
  }
  return { data: data.subarray(0, count * FLOATS), count };
}

function link(gl) {
  const program = gl.createProgram();
  for (const [type, text] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(type);
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program));
  return program;
}
