import { isRecord } from '../../../base/records';
import { show } from '../../../base/show';
import { badMessage } from './context';

interface Check {
  readonly isGood: (value: unknown) => boolean;
  readonly expected: string;
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isWhole = (value: unknown): boolean => Number.isSafeInteger(value);

const TEXT: Check = { isGood: isText, expected: 'text' };
const WHOLE: Check = { isGood: isWhole, expected: 'a whole number' };
const OBJECT: Check = { isGood: isRecord, expected: 'an object' };
const FLAG: Check = { isGood: (value) => typeof value === 'boolean', expected: 'true or false' };
const TIME: Check = {
  isGood: (value) => isText(value) || isWhole(value),
  expected: 'a timestamp YYYYMMDDTHHMMSS or a number of milliseconds',
};
const TEXTS: Check = {
  isGood: (value) => Array.isArray(value) && value.every(isText),
  expected: 'a list of texts',
};

/** Basic types of the members of a request (TS-0004 clause 7.2.1.1). Members that are not listed are passed on unseen. */
const CHECKS: Readonly<Record<string, Check>> = {
  to: TEXT,
  fr: TEXT,
  rqi: TEXT,
  rvi: TEXT,
  ot: TEXT,
  gid: TEXT,
  op: {
    isGood: (value) => isText(value) || (isWhole(value) && Number(value) >= 1 && Number(value) <= 5),
    expected: '1 to 5, or the name of an operation',
  },
  ty: { isGood: (value) => isText(value) || isWhole(value), expected: 'the number or the name of a resource type' },
  rcn: WHOLE,
  drt: { isGood: (value) => value === 1 || value === 2, expected: '1 (structured) or 2 (unstructured)' },
  fc: OBJECT,
  rt: {
    isGood: (value) => isRecord(value) && isWhole(value['rtv']),
    expected: 'an object such as { "rtv": 3 }',
  },
  rp: { isGood: (value) => isText(value) || isWhole(value), expected: 'text or a whole number' },
  rqet: TIME,
  rset: TIME,
  oet: TIME,
  da: FLAG,
  sqi: FLAG,
  rids: TEXTS,
  tids: TEXTS,
  ltids: TEXTS,
};

/** Members that no request has: they tell a result or a notification. */
export const RESPONSE_ONLY = ['rsc', 'event'] as const;

/** Throws BAD_MESSAGE where `msg.onem2m.<name>` is not of its basic type. */
export function checkMember(name: string, value: unknown): void {
  const check = Object.hasOwn(CHECKS, name) ? CHECKS[name] : undefined;
  if (check === undefined || check.isGood(value)) return;
  throw badMessage(`msg.onem2m.${name}`, `must be ${check.expected}, got ${show(value)}`);
}
