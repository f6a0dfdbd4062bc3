import { Token } from 'cdktf';
import { Construct } from 'constructs';
import { EnvoyFilter } from '../istio/envoy-filter';
import { Problem, throwOnProblems } from '../validation';
import { readDescriptorSet } from './descriptor-set';
import { addFilter, FilterPatternProps } from './target';

/** Settings of {@link GrpcJsonTranscoding}. */
export interface GrpcJsonTranscodingProps extends FilterPatternProps {
  /** Descriptor set of the services in base64: `protoc --include_imports --descriptor_set_out`, with google.api.http annotations. */
  readonly descriptorSet: string;
  /** Full names of the services, such as `bookstore.Bookstore`. */
  readonly services: readonly string[];
  /** Maps calls without annotations to POST `/package.Service/Method`. @default false */
  readonly autoMapping?: boolean;
  /** Field names as the proto file has them, in place of camel case. @default false */
  readonly preserveFieldNames?: boolean;
}

/**
 * Lets REST clients call a gRPC service. The Service's port must be named or declared as gRPC.
 *
 * Proof: `curl http://<service>/<annotated path>`; the answer is JSON.
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/grpc_json_transcoder_filter
 */
export class GrpcJsonTranscoding extends Construct {
  /** The object that it is written as. */
  readonly filter: EnvoyFilter;

  /** @throws ProblemError where there is no service, or the descriptor set is none, or lacks a service or an import */
  constructor(scope: Construct, id: string, props: GrpcJsonTranscodingProps) {
    super(scope, id);
    const at = (field: string): string => `${this.node.path}: ${field}`;
    throwOnProblems(`${this.node.path} cannot be created:`, [
      ...(props.services.length > 0 ? [] : [{ at: at('services'), value: [], rule: 'only named services are translated', mend: 'Name one, as package.Service' }]),
      ...this.descriptorProblems(props, at),
    ]);
    this.filter = addFilter(this, 'grpc-json', props, {
      name: 'envoy.filters.http.grpc_json_transcoder',
      type: 'envoy.extensions.filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder',
      config: {
        proto_descriptor_bin: props.descriptorSet,
        services: props.services,
        auto_mapping: props.autoMapping ?? false,
        print_options: { preserve_proto_field_names: props.preserveFieldNames ?? false },
        convert_grpc_status: true,
      },
    });
  }

  /** Envoy refuses the whole listener where a service or an import is not in the set. */
  private descriptorProblems({ descriptorSet, services }: GrpcJsonTranscodingProps, at: (field: string) => string): Problem[] {
    if (Token.isUnresolved(descriptorSet)) {
      return [];
    }
    const set = readDescriptorSet(descriptorSet);
    if (!set) {
      const rule = 'a descriptor set is what protoc writes, in base64 on one line';
      return [{ at: at('descriptorSet'), value: descriptorSet, rule, mend: "Give the file's content, read with encoding 'base64', not its path" }];
    }
    return [
      ...services.flatMap((value, index) =>
        Token.isUnresolved(value) || set.services.includes(value)
          ? []
          : [
              {
                at: at(`services[${index}]`),
                value,
                rule: `the descriptor set has ${set.services.length > 0 ? `the services ${set.services.join(', ')}` : 'no services'}`,
                mend: 'Name one of its services, with its package',
              },
            ],
      ),
      ...[...new Set(set.imports)]
        .filter((file) => !set.files.includes(file))
        .map((value) => ({ at: at('descriptorSet'), value, rule: 'a file that is imported is not in the set', mend: 'Call protoc with --include_imports' })),
    ];
  }
}
