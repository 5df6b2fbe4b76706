import { OPERATIONS } from '../../primitive/primitives';
import { isSuccess, throwIfRefused } from '../../primitive/status-codes';
import { describeRequest, throwIfGivenUp, type OperationContext } from './context';
import { CONTAINER } from './content';
import { draft } from './message';

/** Deeper trees are a mistake. */
const MOST_LEVELS = 32;

const NOT_FOUND = 4004;
const CONFLICT = 4105;

/**
 * Creates the resource at `address` and the containers above it that are missing too. Below this AE everything may be created;
 * elsewhere never what is directly below the CSEBase, where a wrong address would leave a container in the place of an AE.
 * Answers false where nothing may be created, throws where the CSE refuses.
 */
export async function createMissing(
  address: string,
  { ty, wrapper }: { readonly ty: number; readonly wrapper: string },
  { requester }: OperationContext,
  signal?: AbortSignal,
): Promise<boolean> {
  const levels = levelsToCreate(address, requester.resolve(''));
  let level = levels.length - 1;
  let isGoingUp = true;
  while (level >= 0 && level < levels.length) {
    throwIfGivenUp(signal);
    const { parent, name } = levels[level] ?? { parent: '', name: '' };
    const isLast = level === levels.length - 1;
    const pc = { [isLast ? wrapper : 'm2m:cnt']: { rn: name } };
    const request = draft(OPERATIONS.create, parent, { ty: isLast ? ty : CONTAINER, pc }, {});
    const exchange = await requester.exchange(request, signal);
    const { rsc } = exchange.response;
    if (isSuccess(rsc) || rsc === CONFLICT) {
      isGoingUp = false; // it exists now, whoever made it: on to what is below it
      level += 1;
    } else if (rsc === NOT_FOUND && isGoingUp && level > 0) {
      level -= 1;
    } else {
      throwIfRefused(exchange.response, describeRequest(exchange.request));
    }
  }
  return levels.length > 0;
}

interface Level {
  readonly parent: string;
  readonly name: string;
}

/** From the outermost resource that may be created down to the one at `address`. */
function levelsToCreate(address: string, ae: string): Level[] {
  const isOwn = ae !== '' && address.startsWith(`${ae}/`);
  const base = isOwn ? ae : (/^(?:\/\/[^/]+)?(?:\/[^/]+\/)?[^/]+\/[^/]+(?=\/)/.exec(address)?.[0] ?? address);
  const names = address.slice(base.length).split('/').slice(1);
  if (names.includes('') || names.length > MOST_LEVELS) return [];
  return names.map((name, index) => ({ parent: [base, ...names.slice(0, index)].join('/'), name }));
}
