export { FIELD_MANAGER, MANAGED_BY_LABEL } from '../../constructs/kubernetes/field-manager';

/** Label of a release's record that states what it was made from. */
export const INPUTS_LABEL = 'aks-istio-inputs';

/** Label of a release's record that names the stack it belongs to. */
export const STACK_LABEL = 'aks-istio-stack';
