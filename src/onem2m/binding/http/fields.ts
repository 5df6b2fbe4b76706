import { DeviceError, ErrorCode } from '../../../base/errors';
import { headerOf, headerText, type HttpHeaders } from '../../../net/http/headers';

/**
 * How a member is written as text. `time`: a number of ms, or a timestamp or duration as it is; `list`: repeated in a query.
 */
type Form = 'text' | 'number' | 'time' | 'flag' | 'list';

export interface Field {
  /** Short name in the primitive. */
  readonly member: string;
  /** Header or query parameter. */
  readonly name: string;
  readonly form: Form;
}

const field = (member: string, name: string, form: Form): Field => ({ member, name, form });

/** Request members that are headers (TS-0009 6.4; `rt.nu`, X-M2M-RTU, is not among them). */
export const REQUEST_HEADERS: readonly Field[] = [
  field('fr', 'X-M2M-Origin', 'text'),
  field('rqi', 'X-M2M-RI', 'text'),
  field('rvi', 'X-M2M-RVI', 'text'),
  field('ot', 'X-M2M-OT', 'text'),
  field('rqet', 'X-M2M-RET', 'time'),
  field('rset', 'X-M2M-RST', 'time'),
  field('oet', 'X-M2M-OET', 'time'),
  field('ec', 'X-M2M-EC', 'time'),
  field('gid', 'X-M2M-GID', 'text'),
  field('vsi', 'X-M2M-VSI', 'text'),
];

/** Request members that are query parameters (TS-0009 6.2.2.2; `rt` and the filter criteria are not among them). */
export const REQUEST_PARAMETERS: readonly Field[] = [
  field('rp', 'rp', 'time'),
  field('rcn', 'rcn', 'number'),
  field('da', 'da', 'flag'),
  field('drt', 'drt', 'number'),
  field('rids', 'rids', 'list'),
  field('tids', 'tids', 'list'),
  field('ltids', 'ltids', 'list'),
  field('tqi', 'tqi', 'flag'),
  field('sqi', 'sqi', 'flag'),
  field('ma', 'ma', 'time'),
];

export const RESPONSE_HEADERS: readonly Field[] = [
  field('rsc', 'X-M2M-RSC', 'number'),
  field('rqi', 'X-M2M-RI', 'text'),
  field('fr', 'X-M2M-Origin', 'text'),
  field('rvi', 'X-M2M-RVI', 'text'),
  field('ot', 'X-M2M-OT', 'text'),
  field('rset', 'X-M2M-RST', 'time'),
  field('cts', 'X-M2M-CTS', 'number'),
  field('cto', 'X-M2M-CTO', 'number'),
  field('ec', 'X-M2M-EC', 'time'),
  field('vsi', 'X-M2M-VSI', 'text'),
];

/** Where the targets of an asynchronous answer are written: `rt.nu`, joined by `&`. */
export const RESPONSE_TARGETS_HEADER = 'X-M2M-RTU';

/** The headers among `fields` that `primitive` has values for. Throws BAD_VALUE for what no header can hold. */
export function toHeaders(
  fields: readonly Field[],
  primitive: Readonly<Record<string, unknown>>,
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const { member, name, form } of fields) {
    const value = primitive[member];
    if (value === undefined || value === null) continue;
    headers[name] = headerText(member, textOf(member, value, form));
  }
  return headers;
}

/** The members among `fields` that the headers hold. */
export function fromHeaders(fields: readonly Field[], headers: HttpHeaders): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  for (const { member, name, form } of fields) {
    const text = headerOf(headers, name);
    if (text !== undefined) members[member] = valueOf([text], form);
  }
  return members;
}

/** Appends the query parameters among `fields`. Throws BAD_VALUE. */
export function addParameters(
  query: URLSearchParams,
  fields: readonly Field[],
  primitive: Readonly<Record<string, unknown>>,
): void {
  for (const { member, name, form } of fields) {
    const value = primitive[member];
    if (value === undefined || value === null) continue;
    for (const one of form === 'list' && Array.isArray(value) ? (value as unknown[]) : [value]) {
      query.append(name, textOf(member, one, form));
    }
  }
}

/** The members among `fields` that the query holds; their parameters are taken out of it. */
export function takeParameters(query: URLSearchParams, fields: readonly Field[]): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  for (const { member, name, form } of fields) {
    const texts = query.getAll(name);
    if (texts.length > 0) members[member] = valueOf(texts, form);
    query.delete(name);
  }
  return members;
}

function textOf(member: string, value: unknown, form: Form): string {
  const fits = form === 'number' ? typeof value === 'number' : typeof value !== 'boolean' || form === 'flag';
  if (fits && (typeof value === 'string' || typeof value === 'boolean')) return String(value);
  if (fits && typeof value === 'number' && Number.isFinite(value)) return String(value);
  throw new DeviceError(ErrorCode.BAD_VALUE, `"${member}" cannot be sent over HTTP: it must be ${EXPECTED[form]}`);
}

const EXPECTED: Readonly<Record<Form, string>> = {
  text: 'a text',
  number: 'a number',
  time: 'a number or a text',
  flag: 'true or false',
  list: 'a list of texts',
};

/** What cannot be read in its form stays text: whoever uses the member says what is wrong with it. */
function valueOf(texts: readonly string[], form: Form): unknown {
  const [first = ''] = texts;
  switch (form) {
    case 'list':
      return texts;
    case 'flag':
      return first === 'true' || first === '1' ? true : first === 'false' || first === '0' ? false : first;
    case 'number':
      // tinyIoT prints every number as a float.
      return /^-?\d{1,15}(?:\.0+)?$/.test(first) ? Number(first) : first;
    case 'time':
      return /^(?:0|-?[1-9]\d{0,15})$/.test(first) && Number.isSafeInteger(Number(first)) ? Number(first) : first;
    case 'text':
      return first;
  }
}
