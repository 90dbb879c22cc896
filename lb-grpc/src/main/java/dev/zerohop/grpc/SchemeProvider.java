package dev.zerohop.grpc;

import dev.zerohop.Env;
import dev.zerohop.Resolver;
import dev.zerohop.ResolverProvider;
import dev.zerohop.Target;
import dev.zerohop.resolver.SharedResolvers;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Turns one scheme of zerohop, or of an application's {@link ResolverProvider}, into a name resolver of gRPC. */
class SchemeProvider extends NameResolverProvider {
    /** Below those of grpc's own resolvers: the resolver of the highest priority is asked about targets without a scheme. */
    private static final int PRIORITY = 1;

    /** Any other resolver for the scheme goes before one that can only say what is missing. */
    private static final int NO_MODULE = 0;

    private final String scheme;

    SchemeProvider(String scheme) {
        this.scheme = scheme;
    }

    /** Also without the module that brings the scheme: the error then names it, where gRPC would look the target up in DNS. */
    @Override
    protected boolean isAvailable() {
        return true;
    }

    @Override
    protected int priority() {
        return Target.schemes().contains(scheme) ? PRIORITY : NO_MODULE;
    }

    @Override
    public String getScheme() {
        return scheme;
    }

    @Override
    public String getDefaultScheme() {
        return scheme;
    }

    @Override
    public Collection<Class<? extends SocketAddress>> getProducedSocketAddressTypes() {
        return List.of(InetSocketAddress.class);
    }

    /** Newer versions of grpc ask with a URI class of their own, which the oldest supported ones do not have; they come here by default. */
    @Override
    public @Nullable NameResolver newNameResolver(URI uri, NameResolver.Args args) {
        Target target = Target.parse(uri.toString());
        if (!target.scheme().equals(scheme)) {
            return null;
        }
        ResolverProvider provider = target.provider();
        // Made here, so that a target that cannot be understood is refused when the channel is built.
        Resolver resolver = SharedResolvers.of(target, Env.system());
        return new ZerohopNameResolver(target, GrpcTargets.authority(target, provider.tlsName(target)), args, resolver);
    }
}
