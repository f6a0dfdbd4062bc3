import { isRecord } from './object-data';

// Text up to a template opener that is not escaped by doubling its sigil.
const REFERENCE = /\$?\$\{([^}]*)\}/g;
const ADDRESS = /^([a-z][a-z0-9_]*)\.([A-Za-z0-9_-]+)\.?(.*)$/;

type Resources = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;

/** A value whose references within its own stack were replaced by what they stand for. */
export interface Resolution {
  readonly value: unknown;
  /** Addresses of the resources that it referred to. */
  readonly used: readonly string[];
  /** References that only Terraform can answer. */
  readonly unresolved: readonly string[];
}

/** Answers the references of a stack that point at arguments written in the same stack. */
export class References {
  constructor(private readonly resources: Resources) {}

  /** Replaces references and takes the escaping off (`$${` and `%%{`). */
  resolve(value: unknown): Resolution {
    const used = new Set<string>();
    const unresolved = new Set<string>();
    const visit = (current: unknown): unknown => {
      if (typeof current === 'string') {
        return this.resolveText(current, used, unresolved);
      }
      if (Array.isArray(current)) {
        return current.map(visit);
      }
      if (isRecord(current)) {
        return Object.fromEntries(Object.entries(current).map(([key, member]) => [unescapeTemplate(key), visit(member)]));
      }
      return current;
    };
    return { value: visit(value), used: [...used], unresolved: [...unresolved] };
  }

  private resolveText(text: string, used: Set<string>, unresolved: Set<string>): unknown {
    let whole: unknown;
    const replaced = text.replace(REFERENCE, (match, expression: string) => {
      if (match.startsWith('$$')) {
        return match;
      }
      const found = this.lookUp(expression.trim(), used);
      if (found === undefined) {
        unresolved.add(expression);
        return match;
      }
      whole = match === text ? found : undefined;
      return String(found);
    });
    return whole ?? unescapeTemplate(replaced);
  }

  private lookUp(expression: string, used: Set<string>): unknown {
    const [, type, id, rest] = ADDRESS.exec(expression) ?? [];
    const resource = type && id ? this.resources[type]?.[id] : undefined;
    if (!resource) {
      return undefined;
    }
    used.add(`${type}.${id}`);
    const steps = rest.split(/[.[\]]+/).filter((step) => step !== '');
    if (steps.length === 1 && steps[0] === 'id') {
      return idOf(resource);
    }
    const found = steps.reduce<unknown>((current, step) => {
      // A block that occurs once is an object here and a list of one in Terraform's expressions.
      return isRecord(current) && step === '0' ? current : (current as Record<string, unknown> | undefined)?.[step];
    }, resource);
    return typeof found === 'string' && found.includes('${') ? undefined : found;
  }
}

/** Takes off the escaping that keeps Terraform from reading text as a template. */
export function unescapeTemplate(text: string): string {
  return text.replace(/([$%])\1\{/g, '$1{');
}

function idOf(resource: Readonly<Record<string, unknown>>): string | undefined {
  const metadata = resource.metadata;
  if (!isRecord(metadata) || typeof metadata.name !== 'string') {
    return typeof resource.name === 'string' ? resource.name : undefined;
  }
  return typeof metadata.namespace === 'string' ? `${metadata.namespace}/${metadata.name}` : metadata.name;
}
