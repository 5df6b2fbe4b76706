import type { Operation } from '../../device/property';
import type { Text } from '../form/edited-node';
import { element, iconButton, newId, textButton } from '../form/elements';

const TYPES: readonly Operation['type'][] = ['Add', 'Subtract', 'Multiply', 'Divide'];
const SIGNS: Readonly<Record<Operation['type'], string>> = { Add: '+', Subtract: '−', Multiply: '×', Divide: '÷' };

/** The steps of `orderOfOperations`, one below the other, with a button to add one. */
export function createOperationsField(
  property: { orderOfOperations?: Operation[] },
  text: Text,
  changed: () => void,
): HTMLElement {
  const list = element('div', { class: 'devicelink-operations', 'data-operations': '' });
  const field = element('div', { class: 'devicelink-field devicelink-wide' });

  const store = (operations: Operation[]) => {
    if (operations.length === 0) delete property.orderOfOperations;
    else property.orderOfOperations = operations;
    changed();
  };
  const current = () => (Array.isArray(property.orderOfOperations) ? property.orderOfOperations : []);

  const show = () => {
    list.replaceChildren(...current().map((operation, index) => createStep(operation, index)));
  };
  const replace = (index: number, ...operations: Operation[]) => {
    const next = [...current()];
    next.splice(index, 1, ...operations);
    store(next);
  };
  const createStep = (operation: Operation, index: number) => {
    const select = element(
      'select',
      { 'aria-label': text('operations.type') },
      ...TYPES.map((type) => element('option', { value: type }, `${SIGNS[type]} ${text(`operations.${type}`)}`)),
    );
    select.value = operation.type;
    const input = element('input', { type: 'text', 'aria-label': text('operations.value'), placeholder: '0.1' });
    input.value = operation.value;
    const update = () => replace(index, { type: select.value as Operation['type'], value: input.value });
    select.addEventListener('change', update);
    input.addEventListener('input', update);
    const remove = iconButton('fa-times', text('operations.remove'), () => {
      replace(index);
      show();
    });
    return element('div', { class: 'devicelink-operation' }, select, input, remove);
  };

  const add = textButton(text('operations.add'), () => {
    store([...current(), { type: 'Multiply', value: '1' }]);
    show();
    list.querySelector<HTMLInputElement>('.devicelink-operation:last-child input')?.focus();
  });
  add.classList.add('red-ui-button-small');
  const labelId = newId();
  field.setAttribute('role', 'group');
  field.setAttribute('aria-labelledby', labelId);
  field.append(element('span', { class: 'devicelink-label', id: labelId }, text('properties.operations')), list, add);
  show();
  return field;
}
