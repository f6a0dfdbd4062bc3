/**
 * Name that what this program writes is recorded under: field manager of server-side writes, value of the label below.
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/#managers
 */
export const FIELD_MANAGER = 'aks-istio';

/** Label that says what manages an object. @see https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/ */
export const MANAGED_BY_LABEL = 'app.kubernetes.io/managed-by';
