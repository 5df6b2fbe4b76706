import { parseExtension, type ExtensionConfig } from '../../../src/mqtt/extension/options.ts';

const environment = {
  readFile: (path: string): string => {
    throw new Error(`no file expected: ${path}`);
  },
  extensionId: 'node-id',
  extensionUid: '9e8efcb0-4b79-45e7-a4c4-3349562292e3',
};

/** A checked configuration of an extension; throws with the problems of a wrong one. */
export function extensionConfig(
  raw: Record<string, unknown>,
  credentials: Record<string, string> = {},
): ExtensionConfig {
  const parsed = parseExtension(raw, credentials, environment);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

/** Device identities that differ in name and uid. */
export function identity(number: number): { name: string; namespace: string; uid: string; protocol: string } {
  const uid = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  return { name: `device-${number}`, namespace: 'default', uid, protocol: 'test' };
}
