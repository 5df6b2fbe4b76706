/** What the columns of a list are called, in English and German. Pure: also runs in the editor. */
export type Field =
  | 'name'
  | 'description'
  | 'unit'
  | 'register'
  | 'address'
  | 'addressHex'
  | 'offset'
  | 'type'
  | 'order'
  | 'length'
  | 'lengthBytes'
  | 'lengthBits'
  | 'bit'
  | 'scale'
  | 'divisor'
  | 'gain'
  | 'addend'
  | 'access'
  | 'readOnly'
  | 'deadband'
  | 'value'
  | 'map'
  | 'notAvailable'
  | 'unitId'
  | 'operations';

const TITLES: Readonly<Record<Field, string>> = {
  name:
    'name signal signalname tag tagname variable variablename parameter parametername property point pointname datapoint datenpunkt bezeichnung ' +
    'bezeichner messwert messgröße registername registerbezeichnung label field fieldname measurement measuredvalue quantityname datapointname',
  description:
    'description desc comment comments remark remarks beschreibung kommentar bemerkung bemerkungen hinweis note notes text erläuterung info bedeutung meaning',
  unit: 'unit units einheit einheiten unitofmeasurement engineeringunit engineeringunits uom eu maßeinheit messeinheit',
  register:
    'register registertype registerart registertyp kind area bereich table objecttype objekttyp inputtype modbustype function functioncode fc fcode ' +
    'funktion funktionscode functioncodes readfunction readfunctioncode modbusfunction',
  address:
    'address addr adresse registeraddress registeradresse regaddr regaddress registernumber registernummer registernr registerno regno regnr reg ' +
    'modbusaddress modbusadresse modbusregister startaddress startadresse startregister startingaddress reference referenz ref addressdec adressedez ' +
    'adressedec dec dez dezimal protocoladdress protokolladresse registerdec',
  addressHex: 'addresshex adressehex addrhex hex hexadecimal hexadezimal registerhex hexaddress hexadresse',
  offset: 'offset',
  type: 'type typ datatype datentyp dataformat datenformat format valuetype werttyp encoding decode dtype vartype',
  order: 'byteorder bytereihenfolge endianness endian wordorder wortreihenfolge swap byteswap wordswap',
  length:
    'length len länge laenge size count quantity qty anzahl anzahlregister numberofregisters noofregisters registers registercount registeranzahl ' +
    'words wörter worte numregs nofregs anzahlderregister',
  lengthBytes: 'bytes lengthbytes sizebytes lengthinbytes längebytes',
  lengthBits: 'bits lengthbits sizebits längebits',
  bit: 'bit bitnumber bitnr bitposition bitindex bitno',
  scale:
    'scale scaling scalefactor skalierung skalierungsfaktor factor faktor multiplier multiplikator resolution auflösung',
  divisor: 'divisor divider teiler divide divideby',
  gain: 'gain verstärkung',
  addend: 'addend valueoffset offsetvalue bias summand',
  access: 'access accessmode zugriff zugriffsart zugriffsrecht rw readwrite mode permission lesenschreiben',
  readOnly: 'readonly nurlesen',
  deadband: 'deadband hysteresis hysterese totband',
  value: 'value desiredvalue',
  map: 'map mapping enum enumeration enumvalues aufzählung',
  notAvailable: 'notavailable nan nanvalue invalidvalue ungültig',
  unitId:
    'unitid slave slaveid slaveaddress slaveadresse deviceid modbusid workerid stationid geräteadresse deviceaddress unitnumber',
  operations: 'orderofoperations',
};

const FIELDS: ReadonlyMap<string, Field> = new Map(
  Object.entries(TITLES).flatMap(([field, titles]) =>
    titles.split(/\s+/).map((title) => [title, field as Field] as const),
  ),
);

/** A title without case, blanks and marks; a unit in brackets behind it says nothing: `Offset [dec]` is kept, `Value (kW)` is not ours to know. */
const compactTitle = (title: string): string => title.toLowerCase().replaceAll(/[\s_\-./()[\]:#*,]/g, '');

/** The field that a title means; undefined for others. */
export const fieldOf = (title: string): Field | undefined => FIELDS.get(compactTitle(title));

/** Titles that say how bare digits in the column are meant. */
export const isFunctionTitle = (title: string): boolean =>
  /^(read)?(function|funktion|fc|modbusfunction)/.test(compactTitle(title));

/** Titles that say that numbers count from zero, as on the wire. */
export const countsFromZero = (title: string): boolean => /proto[ck]ol|offset|pdu/.test(compactTitle(title));
