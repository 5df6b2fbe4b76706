/**
 * A list of properties that somebody has in another form, on its way into a property table: each line by itself, what is asked, what is worth
 * knowing. Pure: also runs in the editor.
 */
export interface PointList {
  /** What the list was taken for: `table`, `json`, `home-assistant`, ... */
  readonly format: string;
  readonly points: readonly ListedPoint[];
  readonly questions: readonly ListQuestion[];
  readonly notes: readonly ListNote[];
}

/** One line of the list and the property it becomes, as it would be in a flow. */
export interface ListedPoint {
  /** Of the text, from 1; `item`, where no line is known: its number in the list, from 1. */
  readonly line?: number;
  readonly item?: number;
  /** Absent where nothing can be made of the line. */
  readonly property?: Record<string, unknown>;
  /** What is wrong with the line, each as `field: message`. */
  readonly problems: readonly string[];
}

/** What the list leaves open, for all its lines. Until it is answered the lines concerned have a problem. */
export interface ListQuestion {
  /** A section `ask` of the catalogs has its text, `choices` those of the choices. */
  readonly id: string;
  /** What it is about, as written in the list: the title of a column, a word. */
  readonly about: string;
  readonly choices: readonly string[];
  /** The choices are words of the list, and no catalog has a text for them. */
  readonly isFree?: true;
  /** As answered, or what is so unless somebody says otherwise. */
  readonly answer?: string;
}

/** Something worth knowing. A section `listNotes` of the catalogs has its text. */
export interface ListNote {
  readonly id: string;
  readonly values: Readonly<Record<string, string | number>>;
}

/** Answers to questions, by their ids. */
export type ListAnswers = Readonly<Record<string, string>>;

/** Nothing at all can be read. */
export interface UnreadableList {
  readonly message: string;
  readonly line?: number;
}

export type ListResult = { readonly ok: true; readonly list: PointList } | ({ readonly ok: false } & UnreadableList);
