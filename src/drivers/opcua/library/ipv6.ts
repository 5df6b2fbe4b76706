import dns from 'node:dns';

let isPrepared = false;

/**
 * node-opcua hands the address of `opc.tcp://[::1]:4840` to the resolver with its brackets, and no name has any: from the
 * first such endpoint on, what is in brackets is an address.
 */
export function prepareFor(endpoint: string): void {
  if (isPrepared || !endpoint.includes('[')) return;
  isPrepared = true;
  const lookup = dns.lookup;
  const withoutBrackets = (hostname: string, ...rest: unknown[]): void => {
    const address = /^\[([0-9a-f:.]+)\]$/i.exec(hostname)?.[1] ?? hostname;
    (lookup as (...parameters: unknown[]) => void)(address, ...rest);
  };
  dns.lookup = Object.assign(withoutBrackets, lookup);
}
