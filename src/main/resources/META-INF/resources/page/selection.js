// The jobs that the user has selected with the checkboxes of the tables. The selection survives refreshes, and a job that leaves
// the page leaves the selection.
const selected = new Set();

export function start() {
  document.addEventListener('change', onChange);
  document.getElementById('bulk-clear')?.addEventListener('click', clearSelection);
  for (const box of document.querySelectorAll('[data-pick], [data-pick-all]')) {
    box.checked = false; // browsers restore checkboxes after a reload
  }
}

export function selectedIds() {
  return [...selected];
}

export function clearSelection() {
  selected.clear();
  applySelection();
}

function onChange({ target }) {
  if ('pick' in target.dataset) {
    pick(target, target.checked);
  } else if ('pickAll' in target.dataset) {
    target.closest('table').querySelectorAll('[data-pick]').forEach((box) => pick(box, target.checked));
  } else {
    return;
  }
  applySelection();
}

function pick(box, wanted) {
  const id = box.id.slice('pick-'.length);
  if (wanted) {
    selected.add(id);
  } else {
    selected.delete(id);
  }
}

/** Updates checkboxes and toolbar after a change of the selection or the page. */
export function applySelection() {
  const bar = document.getElementById('bulk');
  if (!bar) {
    return;
  }
  const shown = new Set();
  for (const box of document.querySelectorAll('[data-pick]')) {
    const id = box.id.slice('pick-'.length);
    shown.add(id);
    box.checked = selected.has(id);
  }
  for (const id of selected) {
    if (!shown.has(id)) {
      selected.delete(id);
    }
  }
  for (const box of document.querySelectorAll('[data-pick-all]')) {
    const boxes = [...box.closest('table').querySelectorAll('[data-pick]')];
    box.checked = boxes.length > 0 && boxes.every((one) => one.checked);
    box.indeterminate = !box.checked && boxes.some((one) => one.checked);
  }
  bar.hidden = selected.size === 0;
  document.getElementById('bulk-count').textContent = selected.size === 1 ? '1 job selected' : `${selected.size} jobs selected`;
}
