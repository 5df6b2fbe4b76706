/** A request that is refused: with the response status code `rsc` and, where the flavour tells it, the text. */
export class Refusal extends Error {
  constructor(rsc, text) {
    super(text);
    this.rsc = rsc;
  }
}
