/** What a CSE answered over HTTP. */
export interface AdminReply {
  /** Response status code of oneM2M. */
  readonly rsc: number;
  readonly status: number;
  /** The body, taken apart where it is JSON. */
  readonly pc: unknown;
  readonly headers: Headers;
}

/** The attributes of a resource, whatever its type: the one member of `{ "m2m:cnt": { ... } }`. */
export type Attributes = Record<string, unknown>;

/**
 * Looks into a CSE with nothing but fetch (TS-0009), to tell what it really holds. `to` is CSE-relative (`cse-in/boiler`) or
 * SP-relative (`/id-in/cse-in`). Acts as the CSE's administrator unless another originator is given.
 */
export class AdminClient {
  private count = 0;

  constructor(
    private readonly httpUrl: string,
    readonly originator = 'CAdmin',
  ) {}

  /** The same CSE as another originator sees it. */
  as(originator: string): AdminClient {
    return new AdminClient(this.httpUrl, originator);
  }

  create(to: string, ty: number, pc: object, headers: Record<string, string> = {}): Promise<AdminReply> {
    return this.request('POST', to, { 'Content-Type': `application/json;ty=${ty}`, ...headers }, pc);
  }

  /** `query`: `rcn=4`, `fu=1&ty=3`. */
  retrieve(to: string, query = ''): Promise<AdminReply> {
    return this.request('GET', query === '' ? to : `${to}?${query}`);
  }

  update(to: string, pc: object): Promise<AdminReply> {
    return this.request('PUT', to, { 'Content-Type': 'application/json' }, pc);
  }

  delete(to: string): Promise<AdminReply> {
    return this.request('DELETE', to);
  }

  /** The attributes of a resource; an error where it is missing. */
  async attributes(to: string): Promise<Attributes> {
    const reply = await this.retrieve(to);
    if (reply.rsc !== 2000) throw new Error(`${to}: ${reply.rsc} ${JSON.stringify(reply.pc)}`);
    return Object.values(reply.pc as Record<string, Attributes>)[0] ?? {};
  }

  async exists(to: string): Promise<boolean> {
    return (await this.retrieve(to)).rsc === 2000;
  }

  /** The structured addresses of all resources of a type below `to`. */
  async discover(to: string, ty: number): Promise<string[]> {
    const { pc } = await this.retrieve(to, `fu=1&ty=${ty}&drt=1`);
    return (pc as { 'm2m:uril'?: string[] })['m2m:uril'] ?? [];
  }

  /** Contents of a container's instances, oldest first. */
  async contents(container: string): Promise<unknown[]> {
    const { pc } = await this.retrieve(container, 'rcn=8&ty=4');
    const { 'm2m:cnt': parent } = pc as { 'm2m:cnt'?: { 'm2m:cin'?: Attributes[] } };
    return (parent?.['m2m:cin'] ?? []).map((instance) => instance.con);
  }

  private async request(
    method: string,
    to: string,
    headers: Record<string, string> = {},
    body?: object,
  ): Promise<AdminReply> {
    const path = to.startsWith('//') ? `/_${to.slice(1)}` : to.startsWith('/') ? `/~${to}` : `/${to}`;
    const response = await fetch(this.httpUrl + path, {
      method,
      headers: {
        'X-M2M-Origin': this.originator,
        'X-M2M-RI': `admin-${++this.count}`,
        'X-M2M-RVI': '4',
        Accept: 'application/json',
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const rsc = Number(response.headers.get('x-m2m-rsc'));
    return { rsc, status: response.status, pc: parse(text), headers: response.headers };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
