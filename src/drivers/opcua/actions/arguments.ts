import type { Argument, VariantOptions } from 'node-opcua-client';
import { DeviceError, ErrorCode, toDeviceError } from '../../../base/errors';
import { show } from '../../../base/fields/fields';
import { makeStructure } from '../values/structures';
import { naturalVariant, nodeIdText, type VariantValue } from '../values/natural';
import { encodeVariant } from '../values/variant';
import { ask, type ActionContext } from './context';

/** As a message gives them: by position, or by name. */
export type GivenArguments = readonly unknown[] | Readonly<Record<string, unknown>>;

/** The name of an argument; servers may leave it empty. */
export const nameOf = ({ name }: Pick<Argument, 'name'>, index: number): string =>
  name === null || name === '' ? `argument${index + 1}` : name;

/** `a (Double), b (Double)`, for messages to people. */
async function signature(context: ActionContext, declared: readonly Argument[]): Promise<string> {
  const facts = await Promise.all(declared.map(({ dataType }) => context.types.dataType(dataType, context.signal)));
  return declared.map((each, index) => `${nameOf(each, index)} (${facts[index]?.builtIn ?? 'Variant'})`).join(', ');
}

/**
 * The input arguments of a call, in the types the method declares.
 * @throws DeviceError BAD_MESSAGE that names the argument and what is expected
 */
export async function encodeArguments(
  context: ActionContext,
  declared: readonly Argument[],
  given: GivenArguments,
): Promise<VariantOptions[]> {
  const values = await inOrder(context, declared, given);
  return Promise.all(
    declared.map(async (argument, index) => {
      try {
        return await encodeArgument(context, argument, values[index]);
      } catch (error) {
        const { code, message } = toDeviceError(error, ErrorCode.BAD_VALUE);
        if (code !== ErrorCode.BAD_VALUE) throw error;
        throw refusal(`.${nameOf(argument, index)}`, message);
      }
    }),
  );
}

async function inOrder(
  context: ActionContext,
  declared: readonly Argument[],
  given: GivenArguments,
): Promise<readonly unknown[]> {
  const names = declared.map(nameOf);
  const list: readonly unknown[] = isList(given) ? given : names.map((name) => given[name]);
  const unknown = isList(given) ? undefined : Object.keys(given).find((name) => !names.includes(name));
  const missing = isList(given) ? undefined : names.find((name) => !Object.hasOwn(given, name));
  if (unknown === undefined && missing === undefined && list.length === names.length) return list;
  const expected = names.length === 0 ? 'none' : await signature(context, declared);
  if (unknown !== undefined) throw refusal('', `has no argument ${show(unknown)}; expected: ${expected}`);
  if (missing !== undefined) throw refusal(`.${missing}`, `is required; expected: ${expected}`);
  throw refusal('', `must have ${names.length} values, got ${list.length}; expected: ${expected}`);
}

async function encodeArgument(context: ActionContext, argument: Argument, value: unknown): Promise<VariantOptions> {
  const { dataType: typeId, valueRank } = argument;
  const { library, ua, types, signal } = context;
  const { builtIn, enumeration } = await types.dataType(typeId, signal);
  const encoding = { library, namespaces: ua.namespaces(), enumeration };
  if (builtIn !== 'ExtensionObject') return encodeVariant({ builtIn, valueRank }, value, encoding);
  await ua.structures.ready(signal);
  const make = (item: unknown) => makeStructure(ua.session, typeId, undefined, item, encoding);
  const what = `cannot make a structure of type ${nodeIdText(typeId)}`;
  if (valueRank < 0 && !Array.isArray(value)) {
    return { dataType: builtIn, value: await ask(context, what, () => make(value)) };
  }
  if (!Array.isArray(value)) throw new DeviceError(ErrorCode.BAD_VALUE, `must be an array, got ${show(value)}`);
  const made = await ask(context, what, () => Promise.all(value.map(make)));
  return { dataType: builtIn, arrayType: 'Array', value: made };
}

/** The output arguments, by name and by position. */
export function decodeOutputs(
  declared: readonly Argument[],
  values: readonly VariantValue[],
): { readonly outputs: Readonly<Record<string, unknown>>; readonly values: readonly unknown[] } {
  const natural = values.map((variant) => naturalVariant(variant) ?? null);
  const named = natural.map((value, index): [string, unknown] => {
    const argument = declared[index];
    return [argument === undefined ? `argument${index + 1}` : nameOf(argument, index), value];
  });
  return { outputs: Object.fromEntries(named), values: natural };
}

const isList = (given: GivenArguments): given is readonly unknown[] => Array.isArray(given);
const refusal = (where: string, message: string): DeviceError =>
  new DeviceError(ErrorCode.BAD_MESSAGE, `msg.payload.arguments${where}: ${message}`);
