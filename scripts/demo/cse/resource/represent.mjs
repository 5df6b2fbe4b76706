import { pathOf } from './tree.mjs';

const ENC_NAMES = { net: 'notificationEventType', atr: 'attribute', chty: 'childResourceType', om: 'operationMonitor' };

/** A resource's attributes in the order and completeness of the flavour. */
export function attributesOf({ ty, attributes }, habits) {
  const shown = orderOf(attributes, ty, habits);
  if (habits.longEncNames && shown.enc) {
    shown.enc = Object.fromEntries(Object.entries(shown.enc).map(([name, value]) => [ENC_NAMES[name] ?? name, value]));
  }
  return shown;
}

function orderOf(attributes, ty, { order, fills }) {
  if (fills?.[ty]) {
    const entries = fills[ty].split(' ').map((entry) => {
      const name = entry.replace('[]', '');
      return [name, attributes[name] ?? (entry.endsWith('[]') ? [] : null)];
    });
    return { ...Object.fromEntries(entries) };
  }
  const others = Object.keys(attributes).filter((name) => !order.includes(name));
  const names = order.flatMap((name) => (name === '*' ? others : [name]));
  return Object.fromEntries(names.filter((name) => name in attributes).map((name) => [name, attributes[name]]));
}

/** `{"m2m:cnt": {...}}`. */
export const represent = (resource, habits) => ({ [resource.wrapper]: attributesOf(resource, habits) });

/** The address of a resource: structured (`drt` 1, the default) or not. */
export const addressOf = (resource, drt) => (drt === 2 ? resource.attributes.ri : pathOf(resource));

export const referenceTo = (resource, { id }, drt) => ({
  nm: resource.attributes.rn,
  typ: resource.ty,
  val: `${id}/${addressOf(resource, drt)}`,
});

/**
 * The answer to a RETRIEVE with that `rcn` (TS-0004 7.2.2; forms as ACME writes them).
 *
 * @param children the resources below that are to be told, whatever their depth
 */
export function retrieved(resource, { rcn = 1, drt }, children, cse) {
  const own = attributesOf(resource, cse.habits);
  const references = () => children.map((child) => referenceTo(child, cse, drt));
  switch (rcn) {
    case 0:
      return undefined;
    case 4:
      return { [resource.wrapper]: { ...own, ...nested(resource, new Set(children), cse.habits) } };
    case 5:
      return { [resource.wrapper]: { ...own, ch: references() } };
    case 6:
      return { 'm2m:rrl': { rrf: references() } };
    case 8:
      return { [resource.wrapper]: nested(resource, new Set(children), cse.habits) };
    default:
      return { [resource.wrapper]: own };
  }
}

/** Children inside their parents: `"m2m:cnt": [{..., "m2m:cin": [...]}]`. */
function nested(resource, wanted, habits) {
  const result = {};
  for (const child of resource.children.values()) {
    if (!wanted.has(child)) continue;
    (result[child.wrapper] ??= []).push({ ...attributesOf(child, habits), ...nested(child, wanted, habits) });
  }
  return result;
}

/** The answer to a CREATE or UPDATE with that `rcn`; `sent` are the attributes of the request. */
export function changed(resource, { rcn = 1, drt }, sent, { habits, id }) {
  const own = attributesOf(resource, habits);
  const uri = addressOf(resource, drt);
  const changes = Object.fromEntries(Object.entries(own).filter(([name]) => !(name in sent)));
  switch (rcn) {
    case 0:
      return undefined;
    case 2:
      return { 'm2m:uri': uri };
    case 3:
      return { 'm2m:rce': { [resource.wrapper.replace('m2m:', '')]: own, uri: `${id}/${uri}` } };
    case 9:
      return { [resource.wrapper]: changes };
    default:
      return { [resource.wrapper]: own };
  }
}
