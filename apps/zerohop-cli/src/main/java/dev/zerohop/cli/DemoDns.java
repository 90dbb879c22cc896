package dev.zerohop.cli;

import io.grpc.EquivalentAddressGroup;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import io.grpc.StatusOr;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Resolves a name as gRPC's own resolver does for {@code dns:///}: when the channel starts, and after that only when a connection breaks, at most every 30 s.
 * Real DNS has no ports, and all servers of the demo have the same address.
 */
final class DemoDns extends NameResolverProvider implements AutoCloseable {
    private static final String SCHEME = "zerohop-demo-dns";
    private static final long REMEMBERED_NANOS = TimeUnit.SECONDS.toNanos(30);

    private volatile List<InetSocketAddress> addresses = List.of();

    DemoDns() {
        NameResolverRegistry.getDefaultRegistry().register(this);
    }

    static String target() {
        return SCHEME + ":///orders";
    }

    /** Sets the addresses that the name server answers. */
    void publish(List<InetSocketAddress> now) {
        addresses = List.copyOf(now);
    }

    @Override
    public NameResolver newNameResolver(URI target, NameResolver.Args args) {
        return new Resolver();
    }

    @Override
    public String getDefaultScheme() {
        return SCHEME;
    }

    @Override
    protected boolean isAvailable() {
        return true;
    }

    @Override
    protected int priority() {
        return 0;
    }

    @Override
    public Collection<Class<? extends SocketAddress>> getProducedSocketAddressTypes() {
        return List.of(InetSocketAddress.class);
    }

    @Override
    public void close() {
        NameResolverRegistry.getDefaultRegistry().deregister(this);
    }

    private final class Resolver extends NameResolver {
        private @Nullable Listener2 listener;
        private long askedAtNanos;

        @Override
        public String getServiceAuthority() {
            return "orders";
        }

        @Override
        public void start(Listener2 observer) {
            this.listener = observer;
            ask();
        }

        @Override
        public void refresh() {
            if (System.nanoTime() - askedAtNanos > REMEMBERED_NANOS) {
                ask();
            }
        }

        private void ask() {
            askedAtNanos = System.nanoTime();
            Objects.requireNonNull(listener)
                    .onResult(ResolutionResult.newBuilder()
                            .setAddressesOrError(StatusOr.fromValue(addresses.stream()
                                    .map(EquivalentAddressGroup::new)
                                    .toList()))
                            .build());
        }

        @Override
        public void shutdown() {
            // There is nothing to close.
        }
    }
}
