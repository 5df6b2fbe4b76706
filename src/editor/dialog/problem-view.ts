import type { Problem } from '../../base/fields/problems';
import type { Field } from '../form/binding';
import { element, newId } from '../form/elements';

/**
 * Shows each problem below the input it belongs to, and marks the input for screen readers. The paths of the problems are those
 * within the object that the fields are bound to. Answers the problems that no field here has.
 */
export function showProblems(fields: readonly Field[], problems: readonly Problem[]): readonly Problem[] {
  let rest = problems;
  for (const field of fields) {
    const own = field.dataset['path'] ?? '';
    const here = rest.filter((problem) => isWithin(problem.field, own));
    if (here.length > 0) rest = rest.filter((problem) => !here.includes(problem));
    mark(
      field,
      here.map(({ message }) => message),
    );
  }
  return rest;
}

/** The problems of the items of a list, by index, with their paths within the item. */
export function problemsByItem(list: string, problems: readonly Problem[]): ReadonlyMap<number, readonly Problem[]> {
  const byItem = new Map<number, Problem[]>();
  for (const { field, message } of problems) {
    if (!field.startsWith(`${list}[`)) continue;
    const [, index, path = ''] = /^\[(\d+)\]\.?(.*)$/s.exec(field.slice(list.length)) ?? [];
    if (index === undefined) continue;
    const own = byItem.get(Number(index)) ?? [];
    own.push({ field: path, message });
    byItem.set(Number(index), own);
  }
  return byItem;
}

/** Shows what is worth knowing, in one place: fields that nobody knows have no input to stand below. */
export function showNotes(place: HTMLElement, notes: readonly Problem[]): void {
  const lines = notes.map(({ field, message }) => `${field}: ${message}`);
  if (place.dataset['notes'] === lines.join('\n')) return;
  place.dataset['notes'] = lines.join('\n');
  place.replaceChildren(...lines.map((line) => element('div', { class: 'devicelink-note' }, line)));
}

const isWithin = (path: string, own: string): boolean =>
  path === own || path.startsWith(`${own}.`) || path.startsWith(`${own}[`);

function mark(field: Field, messages: readonly string[]): void {
  const columns = field.closest('.devicelink-columns');
  const text = messages.join('; ');
  const before = document.getElementById(field.getAttribute('aria-describedby') ?? '');
  if (before !== null && before.dataset['problem'] === text) return;
  before?.remove();
  field.classList.toggle('input-error', text !== '');
  if (text === '') {
    field.removeAttribute('aria-invalid');
    field.removeAttribute('aria-describedby');
    return;
  }
  const name = columns === null ? '' : `${field.getAttribute('aria-label') ?? ''}: `;
  const note = element('div', { class: 'devicelink-problem', id: newId() }, name + text);
  note.dataset['problem'] = text;
  field.setAttribute('aria-invalid', 'true');
  field.setAttribute('aria-describedby', note.id);
  const row = field.closest('.devicelink-field, .form-row');
  if (row === null) (columns ?? field).after(note);
  else row.append(note);
}
