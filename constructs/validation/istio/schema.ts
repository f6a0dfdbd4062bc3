import * as fs from 'node:fs';
import * as path from 'node:path';
import { SCHEMA_MINORS } from './generated/versions';

/** What a CRD demands of a value; CEL rules are numbers into `CEL_RULES`. */
export interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly nullable?: boolean;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly not?: Schema;
  readonly cel?: readonly number[];
  readonly default?: unknown;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
}

/** A kind of Istio's API in one version of Istio. */
export interface KindSchema {
  readonly group: string;
  /** Served versions of the API: `v1`, `v1beta1`. */
  readonly versions: readonly string[];
  readonly specRequired: boolean;
  readonly spec: Schema;
}

/** The API of one version of Istio. */
export interface IstioApi {
  readonly minor: string;
  /** The release that the schemas were taken from. */
  readonly version: string;
  readonly kinds: Readonly<Record<string, KindSchema>>;
  /** Says that the schemas are those of another version than the one asked for. */
  readonly note?: string;
}

/** Minor of the schemas that checks use where no version is asked for: that of the charts that this package installs. */
export const DEFAULT_MINOR = '1.29';

const VERSION = /^(?:asm-)?v?(\d+)[.-](\d+)(?:\.\d+)?$/;

const loaded = new Map<string, Omit<IstioApi, 'note'>>();

/** Whether a text names a version of Istio, or a revision of the AKS add-on. */
export function isIstioVersion(text: string): boolean {
  return VERSION.test(text);
}

/**
 * The API of an Istio version, or of the nearest older one that there are schemas of.
 * @param version such as `1.29`, `1.29.1` or a revision of the AKS add-on, `asm-1-29`. @default the version that this package installs
 * @throws Error for what is no version of Istio
 */
export function istioApi(version: string = DEFAULT_MINOR): IstioApi {
  const [, major, minor] = VERSION.exec(version) ?? [];
  if (!major || !minor) {
    throw new Error(`Istio version ${JSON.stringify(version)}: a version looks like 1.29, 1.29.1 or asm-1-29. Give one of these.`);
  }
  const asked = Number(minor);
  const known = SCHEMA_MINORS.map((name) => Number(name.split('.')[1]));
  const chosen = major === '1' ? known.filter((number) => number <= asked).at(-1) ?? known[0]! : known.at(-1)!;
  const api = load(`1.${chosen}`);
  if (major === '1' && chosen === asked) {
    return api;
  }
  return { ...api, note: `There are no schemas of Istio ${major}.${minor}: checked by those of ${api.minor}, the nearest ones.` };
}

/** The APIs of later versions, oldest first. */
export function laterThan({ minor }: IstioApi): IstioApi[] {
  return SCHEMA_MINORS.slice(SCHEMA_MINORS.findIndex((one) => one === minor) + 1).map(load);
}

function load(minor: string): Omit<IstioApi, 'note'> {
  const known = loaded.get(minor);
  if (known) {
    return known;
  }
  const file = path.join(__dirname, 'generated', `istio-${minor}.json`);
  const api = { minor, ...(JSON.parse(fs.readFileSync(file, 'utf8')) as Omit<IstioApi, 'minor' | 'note'>) };
  loaded.set(minor, api);
  return api;
}
