import { isDeepStrictEqual } from 'node:util';
import type { Node, NodeAPI } from 'node-red';
import { show } from '../../base/fields/fields';
import type { Problem } from '../../base/fields/problems';
import { rowsAsObjects } from '../../device/config/rows';
import { pemReferences } from '../../net/pem-files';
import { replaceEnvironment, replaceInCredentials, type OnlyWhere } from '../common/environment';
import { secretsOf } from '../common/secrets';
import type { DestinationOf } from './destination';

/** How the editor stands for a stored password it was never given. */
const STORED = '__PWRD__';

/** One configuration to be tried: `${ENV}` replaced, stored credentials filled in. */
export interface Subject {
  readonly type: string;
  readonly id: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly credentials: Readonly<Record<string, string>>;
  /** What of the request may not be done: variables that are not set or not to be had, credentials for somebody else. */
  readonly problems: readonly Problem[];
  /** The `file:` references that may be read. */
  readonly files: readonly string[];
  /** What no answer may hold: secrets, and what came out of variables; but what the request itself says is not one. */
  readonly hidden: readonly string[];
}

/** A node as a request has it. */
export interface GivenNode {
  readonly type: string;
  readonly id: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly credentials: Readonly<Record<string, unknown>>;
}

/**
 * Makes a node of a request ready to be tried. What is stored with the deployed node of its id and type goes only where the deployed
 * node itself goes, and variables and files only into the fields in which it has them; who may write flows may use any, since
 * a deploy would. See docs/security.md#what-a-test-may-use.
 */
export function prepareSubject(
  RED: NodeAPI,
  given: GivenNode,
  destinationOf: DestinationOf,
  mayWriteFlows: boolean,
): Subject {
  const { type, id } = given;
  const config = rowsAsObjects(given.config);
  const deployed = deployedNode(RED, id, type);
  const came: string[] = [];
  const lookup = lookupOf(RED, id, deployed !== undefined, came);
  const only = (model: unknown): OnlyWhere | undefined => (mayWriteFlows ? undefined : { model });
  const own = replaceEnvironment(config, lookup, only(deployed?.definition));
  const fresh = replaceInCredentials(freshOf(given.credentials), lookup, only(deployed?.credentials));
  const problems = [...own.problems, ...fresh.problems];

  const was = deployed === undefined ? undefined : asDeployed(deployed, lookup);
  const destination = destinationOf(own.value);
  let stored: Readonly<Record<string, string>> = {};
  if (needsStored(given.credentials, deployed?.credentials ?? {}) && destination !== undefined) {
    // Another authority could vouch for another server.
    // The dialog sends an empty text where there is none.
    const authority = fresh.value['caFilePEM'] ?? '';
    const isTrustSame =
      (authority === '' || authority === was?.credentials['caFilePEM']) && fresh.value['pfxFile'] === undefined;
    if (was !== undefined && isTrustSame && isDeepStrictEqual(destination, destinationOf(was.config))) {
      stored = was.credentials;
    } else {
      problems.push({ field: 'credentials', message: 'enter the credentials again to test another address' });
    }
  }
  const credentials = { ...stored, ...fresh.value };
  const known = new Set(was === undefined ? [] : pemReferences(was.config, was.credentials));
  const files = pemReferences(own.value, credentials).filter((reference) => {
    if (mayWriteFlows || known.has(reference)) return true;
    problems.push({
      field: 'credentials',
      message: `${show(reference)} is read only for the deployed node that names it`,
    });
    return false;
  });
  // Struck out only where the request has it right, a text would tell whoever guesses that they did.
  const said = JSON.stringify(config);
  const unsaid = [...secretsOf(stored), ...came].filter((text) => !said.includes(JSON.stringify(text).slice(1, -1)));
  return { type, id, config: own.value, credentials, problems, files, hidden: [...secretsOf(fresh.value), ...unsaid] };
}

/** The node with this id as it is deployed, if it is one of this very type; a subject without limits. */
export function deployedSubject(RED: NodeAPI, id: string, type: string): Subject | undefined {
  const deployed = deployedNode(RED, id, type);
  if (deployed === undefined) return undefined;
  const came: string[] = [];
  const { config, credentials, problems } = asDeployed(deployed, lookupOf(RED, id, true, came));
  const files = pemReferences(config, credentials);
  return { type, id, config, credentials, problems, files, hidden: [...secretsOf(credentials), ...came] };
}

interface Deployed {
  readonly definition: Readonly<Record<string, unknown>>;
  readonly credentials: Readonly<Record<string, unknown>>;
}

function deployedNode(RED: NodeAPI, id: string, type: string): Deployed | undefined {
  let definition: Readonly<Record<string, unknown>> | undefined;
  RED.nodes.eachNode((node) => {
    if (node.id === id && node.type === type) definition = node as unknown as Readonly<Record<string, unknown>>;
  });
  if (definition === undefined) return undefined;
  return {
    definition: rowsAsObjects({ ...definition }),
    credentials: { ...(RED.nodes.getCredentials(id) as object | undefined) },
  };
}

function asDeployed({ definition, credentials }: Deployed, lookup: (name: string) => unknown) {
  const own = replaceEnvironment(definition, lookup);
  const secret = replaceInCredentials(credentials, lookup);
  return { config: own.value, credentials: secret.value, problems: [...own.problems, ...secret.problems] };
}

/** What a variable is for the node; a node that is not deployed has no group or subflow yet, and knows those of the process. */
function lookupOf(RED: NodeAPI, id: string, isDeployed: boolean, came: string[]): (name: string) => unknown {
  const node = isDeployed ? (RED.nodes.getNode(id) as Node | null) : null;
  return (name) => {
    const value: unknown = node === null ? process.env[name] : RED.util.getSetting(node, name);
    if (value !== undefined && value !== null) came.push(typeof value === 'string' ? value : JSON.stringify(value));
    return value;
  };
}

/** What was typed into the dialog; the rest is as stored. */
function freshOf(given: Readonly<Record<string, unknown>>): Record<string, string> {
  const typed = Object.entries(given).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== STORED,
  );
  return Object.fromEntries(typed);
}

function needsStored(given: Readonly<Record<string, unknown>>, stored: Readonly<Record<string, unknown>>): boolean {
  const isMissing = (name: string): boolean => given[name] === undefined || given[name] === STORED;
  const names = Object.keys(stored).filter((name) => stored[name] !== '');
  return names.some(isMissing) || Object.values(given).includes(STORED);
}
