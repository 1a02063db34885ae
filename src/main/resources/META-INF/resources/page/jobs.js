import { byId, make, setText } from './elements.js';
import { bytes, seconds, stateName, time } from './format.js';

const rows = new Map();

/** Shows the jobs in the given order; a row that is there already is changed, not made anew. */
export function showJobs(jobs) {
  byId('no-jobs').hidden = jobs.length > 0;
  const list = byId('jobs');
  const shown = new Set(jobs.map((job) => job.id));
  for (const [id, row] of rows) {
    if (!shown.has(id)) {
      row.item.remove();
      rows.delete(id);
    }
  }
  jobs.forEach((job, index) => {
    const row = rows.get(job.id) ?? newRow(job);
    fill(row, job);
    if (list.children[index] !== row.item) {
      list.insertBefore(row.item, list.children[index] ?? null);
    }
  });
}

function newRow(job) {
  const item = make('li', 'job');
  const head = make('div', 'job-head');
  const file = make('span', 'file', job.file);
  const state = make('span', 'state');
  head.append(file, state);
  const progress = make('progress');
  progress.max = 100;
  progress.setAttribute('aria-label', `Sent of ${job.file}`);
  const detail = make('p', 'detail');
  const error = make('p', 'error');
  item.append(head, progress, detail, error);
  const row = { item, state, progress, detail, error };
  rows.set(job.id, row);
  return row;
}

function fill(row, job) {
  setText(row.state, stateName(job.state));
  row.state.dataset.state = job.state;
  showProgress(row.progress, job);
  setText(row.detail, detail(job));
  setText(row.error, job.error ? `${job.error.code}: ${job.error.message}` : '');
  row.error.hidden = !job.error;
}

function showProgress(progress, job) {
  const busy = ['CHECKING', 'PROCESSING', 'REPLICATING'].includes(job.state);
  progress.hidden = job.state !== 'UPLOADING' && !busy;
  if (job.state === 'UPLOADING') {
    progress.value = job.progress.percent;
  } else {
    progress.removeAttribute('value'); // nobody tells how far these are
  }
}

function detail(job) {
  const parts = [`${job.label}`, bytes(job.compressedBytes)];
  if (job.region) {
    parts.push(job.region);
  }
  if (job.state === 'UPLOADING') {
    parts.push(`${job.progress.percent} % sent`);
    if (job.progress.bytesPerSecond !== null) {
      parts.push(`${bytes(job.progress.bytesPerSecond)}/s`);
    }
    if (job.progress.etaSeconds !== null) {
      parts.push(`${seconds(job.progress.etaSeconds)} left`);
    }
  }
  if (job.image) {
    parts.push(job.image.id);
  }
  if (job.attempt > 1) {
    parts.push(`attempt ${job.attempt} of ${job.maxAttempts}`);
  }
  if (job.nextAttemptAt) {
    parts.push(`next try ${time(job.nextAttemptAt)}`);
  }
  return parts.join(' · ');
}
