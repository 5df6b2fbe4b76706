import type { Problem } from '../../base/fields/problems';
import type { Field } from '../form/binding';
import { element, newId } from '../form/elements';
import { pathWithin } from '../form/paths';

/**
 * Shows each problem below the input it belongs to, and marks the input for screen readers.
 * `scope` is the path of the object the fields are bound to (`properties[2]`). Answers the problems that no field here has.
 */
export function showProblems(fields: readonly Field[], problems: readonly Problem[], scope = ''): Problem[] {
  let rest = problems.map((problem) => ({
    problem,
    path: scope === '' ? problem.field : pathWithin(problem.field, scope),
  }));
  for (const field of fields) {
    const own = field.dataset['path'] ?? '';
    const here = rest.filter(({ path }) => path !== undefined && isWithin(path, own));
    rest = rest.filter((candidate) => !here.includes(candidate));
    mark(
      field,
      here.map(({ problem }) => problem.message),
    );
  }
  return rest.map(({ problem }) => problem);
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
