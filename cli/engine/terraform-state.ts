/** What the state of a stack holds. */
export interface HeldState {
  /** Addresses of its resources and data sources. */
  readonly addresses: readonly string[];
  /** Azure's id of the AKS cluster that the state made or looked up. */
  readonly clusterId?: string;
}

interface StateFile {
  readonly resources?: readonly {
    readonly mode: string;
    readonly type: string;
    readonly name: string;
    readonly instances?: readonly { readonly attributes?: { readonly id?: unknown } }[];
  }[];
}

/**
 * Reads a state as `terraform state pull` prints it: nothing at all where there is none yet.
 * @throws SyntaxError where it is no JSON
 */
export function parseState(text: string): HeldState {
  const { resources = [] } = text.trim() === '' ? {} : (JSON.parse(text) as StateFile);
  const addresses = resources.map(({ mode, type, name }) => `${mode === 'data' ? 'data.' : ''}${type}.${name}`);
  const ids = resources.filter(({ type }) => type === 'azurerm_kubernetes_cluster').flatMap(({ instances = [] }) => instances.map(({ attributes }) => attributes?.id));
  const clusterId = ids.find((id): id is string => typeof id === 'string');
  return { addresses, clusterId };
}
