package dev.zerohop.spring;

import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Targets for channels of Spring gRPC. Found by {@link java.util.ServiceLoader}; applications do not use them. */
public final class ZerohopNameResolverProviders {

    /** Carries the services of the application context to {@code zerohop:///NAME}. */
    static final NameResolver.Args.Key<ZerohopServices> SERVICES =
            NameResolver.Args.Key.create("dev.zerohop.spring.SERVICES");

    static final Set<String> SCHEMES = Set.of("zerohop", "zerohop-static");

    private ZerohopNameResolverProviders() {}

    /** Goes on with another target. */
    abstract static class Alias extends NameResolverProvider {
        private final String scheme;

        private Alias(String scheme) {
            this.scheme = scheme;
        }

        abstract String target(URI uri, NameResolver.Args args);

        @Override
        public final @Nullable NameResolver newNameResolver(URI uri, NameResolver.Args args) {
            return scheme.equals(uri.getScheme())
                    ? NameResolverRegistry.getDefaultRegistry()
                            .asFactory()
                            .newNameResolver(URI.create(target(uri, args)), args)
                    : null;
        }

        @Override
        public final String getScheme() {
            return scheme;
        }

        @Override
        public final String getDefaultScheme() {
            return scheme;
        }

        @Override
        protected final boolean isAvailable() {
            return true;
        }

        /** Below those of grpc's own resolvers: the resolver of the highest priority is asked about targets without a scheme. */
        @Override
        protected final int priority() {
            return 1;
        }

        @Override
        public final Collection<Class<? extends SocketAddress>> getProducedSocketAddressTypes() {
            return List.of(InetSocketAddress.class);
        }
    }

    /** {@code zerohop:///NAME}: a service of {@code zerohop.services}. */
    public static final class Service extends Alias {
        /** For {@link java.util.ServiceLoader}. */
        public Service() {
            super("zerohop");
        }

        @Override
        String target(URI uri, NameResolver.Args args) {
            ZerohopServices services = args.getArg(SERVICES);
            if (services == null) {
                throw new IllegalArgumentException(
                        "target '" + uri
                                + "': the channel knows no application context, expected one that Spring gRPC makes, or a target of zerohop such as k8s:///NAMESPACE/SERVICE:PORT");
            }
            String path = uri.getPath();
            return services.target(path == null ? "" : path.replaceFirst("^/", ""), ZerohopProperties.Adapter.GRPC);
        }
    }

    /** {@code zerohop-static:///HOST:PORT,...}: Spring gRPC takes {@code static:} away from the beginning of a target, which then names one host in DNS. */
    public static final class Static extends Alias {
        /** For {@link java.util.ServiceLoader}. */
        public Static() {
            super("zerohop-static");
        }

        @Override
        String target(URI uri, NameResolver.Args args) {
            return "static:" + uri.getRawSchemeSpecificPart();
        }
    }
}
