import type { RequestPrimitive } from '../../../src/onem2m/primitive/primitives.ts';
import type { Reply } from '../fakes/fake-binding.ts';

type Attributes = Record<string, unknown>;

/** As much of a CSE as the life of one AE needs, answering requests as they come: a tree by structured address. */
export class TinyCse {
  readonly tree = new Map<string, { wrapper: string; attributes: Attributes }>();
  /** `<op> <to>`: what was asked, in order. */
  readonly log: string[] = [];
  /** Overrides: status codes by `<op> <to>`. */
  readonly refuse = new Map<string, number>();
  /** The id that is given to those who ask for one. */
  assigned = 'Cassigned';
  private counter = 0;

  constructor(readonly base = 'onem2m') {
    this.tree.set(base, { wrapper: 'm2m:cb', attributes: { rn: base, ri: 'cb' } });
  }

  readonly answer = (request: RequestPrimitive): Reply => {
    const key = `${request.op} ${request.to}`;
    this.log.push(key);
    const refused = this.refuse.get(key);
    if (refused !== undefined) return { rsc: refused, pc: { 'm2m:dbg': 'refused on purpose' } };
    if (request.op === 1) return this.create(request);
    if (request.op === 2) return this.retrieve(request);
    return request.op === 3 ? this.update(request) : this.remove(request);
  };

  /** As after a restart without storage. */
  forgetAll(): void {
    for (const address of [...this.tree.keys()]) if (address !== this.base) this.tree.delete(address);
  }

  private create({ to, fr, ty, pc }: RequestPrimitive): Reply {
    if (!this.tree.has(to)) return { rsc: 4004 };
    const [[wrapper, given] = ['', {}]] = Object.entries(pc as Record<string, Attributes>);
    if (ty === 2 && [...this.tree.values()].some(({ attributes }) => attributes['aei'] === fr)) return { rsc: 4117 };
    const ri = `r${(this.counter += 1)}`;
    const name = (given['rn'] as string | undefined) ?? ri;
    const address = `${to}/${name}`;
    if (this.tree.has(address)) return { rsc: 4105 };
    const aei = fr === 'C' || fr === 'S' ? this.assigned : fr;
    const attributes = { rn: name, ri, ...given, ...(ty === 2 ? { aei } : {}) };
    this.tree.set(address, { wrapper, attributes });
    return { rsc: 2001, pc: { [wrapper]: attributes } };
  }

  private retrieve({ to }: RequestPrimitive): Reply {
    const found = this.tree.get(to);
    return found === undefined ? { rsc: 4004 } : { rsc: 2000, pc: { [found.wrapper]: found.attributes } };
  }

  private update({ to, pc }: RequestPrimitive): Reply {
    const found = this.tree.get(to);
    if (found === undefined) return { rsc: 4004 };
    const [[, changes] = ['', {}]] = Object.entries(pc as Record<string, Attributes>);
    Object.assign(found.attributes, changes);
    return { rsc: 2004, pc: { [found.wrapper]: found.attributes } };
  }

  private remove({ to }: RequestPrimitive): Reply {
    if (!this.tree.has(to)) return { rsc: 4004 };
    for (const address of [...this.tree.keys()]) {
      if (address === to || address.startsWith(`${to}/`)) this.tree.delete(address);
    }
    return { rsc: 2002 };
  }
}
