// The throughput chart: bytes sent by all daemons per second, computed from the progress events of the stream.
import { bytes } from './format.js';

const SECONDS = 120;
const SMOOTH = 3; // events arrive about once per second, so single seconds would be uneven
const SVG = 'http://www.w3.org/2000/svg';

const lastSent = new Map();
const history = new Array(SECONDS + SMOOTH).fill(0);
let now = 0;

/** Records how many bytes of a job have been sent in total. */
export function bytesSent(id, total) {
  const before = lastSent.get(id);
  if (before !== undefined && total > before) {
    now += total - before;
  }
  lastSent.set(id, total);
}

/** Bytes sent while disconnected cannot be assigned to a second. */
export function forget() {
  lastSent.clear();
}

export function start() {
  const chart = document.getElementById('chart');
  if (!chart) {
    return;
  }
  const area = document.createElementNS(SVG, 'path');
  area.setAttribute('class', 'area');
  const line = document.createElementNS(SVG, 'path');
  line.setAttribute('class', 'line');
  line.setAttribute('vector-effect', 'non-scaling-stroke');
  chart.append(area, line);
  setInterval(() => {
    history.shift();
    history.push(now);
    now = 0;
    draw(area, line);
  }, 1000);
  draw(area, line);
}

function draw(area, line) {
  const rates = [];
  for (let second = SMOOTH; second < history.length; second++) {
    let sum = 0;
    for (let back = 0; back < SMOOTH; back++) {
      sum += history[second - back];
    }
    rates.push(sum / SMOOTH);
  }
  const most = Math.max(...rates);
  const points = rates.map((rate, second) => `${second + 1} ${(39 - (most === 0 ? 0 : (rate / most) * 36)).toFixed(1)}`);
  line.setAttribute('d', `M${points.join('L')}`);
  area.setAttribute('d', `M1 40L${points.join('L')}L${SECONDS} 40Z`);
  const current = rates.at(-1);
  document.getElementById('rate').textContent = `${bytes(Math.round(current))}/s`;
  document.getElementById('chart-title').textContent =
    `Bytes sent per second over the last two minutes: now ${bytes(Math.round(current))}, maximum ${bytes(Math.round(most))}`;
}
