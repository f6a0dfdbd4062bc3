// Repeats constructs/kubernetes/object.ts so that the command need not load the framework to know it; a test holds the two together.
/** Field manager, and value of `app.kubernetes.io/managed-by`, of what this program wrote. */
export const FIELD_MANAGER = 'aks-istio';

/** Label of a release's record that states what it was made from. */
export const INPUTS_LABEL = 'aks-istio-inputs';

/** Label of a release's record that names the stack it belongs to. */
export const STACK_LABEL = 'aks-istio-stack';
