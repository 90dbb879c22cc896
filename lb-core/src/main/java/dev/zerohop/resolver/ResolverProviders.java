package dev.zerohop.resolver;

import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.Resolver;
import dev.zerohop.ResolverProvider;
import dev.zerohop.Target;

/** The providers of this package, for {@link java.util.ServiceLoader}; a program reaches them through {@link Target#newResolver}. */
public final class ResolverProviders {

    private ResolverProviders() {}

    /**
     * {@code static:///10.0.0.1:8080;weight=3;zone=a;ordinal=0,[::1]:8080}: fixed endpoints. Parameters: id, weight, zone, node, ordinal,
     * {@code attr.NAME}. Its TLS name must be stated.
     */
    public static final class StaticTargets implements ResolverProvider {
        /** For the service loader. */
        public StaticTargets() {}

        @Override
        public String scheme() {
            return "static";
        }

        @Override
        public Resolver newResolver(Target target, Env env) {
            ManualResolver resolver = new ManualResolver(target.text(), env);
            resolver.set(StaticTarget.endpoints(target));
            return resolver;
        }
    }

    /** {@code file:///path/endpoints.json}: a JSON file, read every 500 ms; see {@link Resolvers#file}. Its TLS name must be stated. */
    public static final class FileTargets implements ResolverProvider {
        /** For the service loader. */
        public FileTargets() {}

        @Override
        public String scheme() {
            return "file";
        }

        @Override
        public Resolver newResolver(Target target, Env env) {
            FileSource source = new FileSource(FileSource.path(target));
            return new PollingResolver(target.text(), env, FileSource.INTERVAL, EndpointSet.Removals.MEANT, source);
        }
    }
}
