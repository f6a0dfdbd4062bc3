import * as path from 'node:path';
import { readSchema } from '../istio/schema';

/**
 * The schema that a kind's CRD has for `spec`, CEL rules included. Read from disk when first asked for.
 * @param kind such as `HTTPRoute`
 * @returns nothing where the kind is none of the Gateway API's
 */
export function gatewayApiSchema(kind: string): object | undefined {
  return readSchema(path.join(__dirname, 'generated'), kind);
}
