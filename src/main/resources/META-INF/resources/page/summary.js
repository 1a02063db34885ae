import { byId, make, setText } from './elements.js';
import { bytes, seconds, stateName, time } from './format.js';

export function showSummary(summary) {
  byId('simulated').hidden = !summary.simulated;
  setText(byId('status'), status(summary));
  setText(byId('rate'), rate(summary));
  showCounts(summary.jobs);
  showBlocked(summary.blocked);
}

/** What screen readers are told of: nothing that changes each second. */
function status(summary) {
  const parts = [];
  if (summary.blocked.length > 0) {
    parts.push('Blocked');
  }
  if (summary.paused) {
    parts.push('Paused');
  }
  if (summary.uploadsInProgress > 0) {
    parts.push(summary.uploadsInProgress === 1 ? '1 upload' : `${summary.uploadsInProgress} uploads`);
  }
  return parts.length > 0 ? parts.join(' · ') : 'Idle';
}

function rate(summary) {
  const parts = [];
  if (summary.uploadsInProgress > 0) {
    parts.push(`${bytes(summary.bytesPerSecond)}/s`);
  }
  if (summary.oldestWaitingSeconds > 0) {
    parts.push(`oldest waits ${seconds(summary.oldestWaitingSeconds)}`);
  }
  return parts.join(' · ');
}

function showCounts(jobs) {
  const counts = byId('counts');
  for (const [state, count] of Object.entries(jobs)) {
    let card = counts.querySelector(`[data-state="${state}"]`);
    if (!card) {
      card = make('div');
      card.dataset.state = state;
      card.append(make('dt', '', stateName(state)), make('dd'));
      counts.append(card);
    }
    setText(card.querySelector('dd'), String(count));
  }
}

function showBlocked(blocked) {
  byId('blocked').hidden = blocked.length === 0;
  const lines = blocked.map((gate) => `${gate.gate}: ${gate.reason} (since ${time(gate.since)})`);
  const list = byId('blocked-list');
  if (lines.join('\n') !== list.dataset.shown) {
    list.dataset.shown = lines.join('\n');
    list.replaceChildren(...lines.map((text) => make('li', '', text)));
  }
}
