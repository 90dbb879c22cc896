package dev.zerohop.etcd.orchestrator;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.CompletionHandler;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A connection that is made and closed. */
final class TcpProber implements Prober {

    @Override
    public Target connect(Endpoint endpoint) {
        return new Target() {
            @Override
            public Cancellable probe(Consumer<@Nullable String> answer) {
                InetSocketAddress address = new InetSocketAddress(endpoint.host(), endpoint.port());
                if (address.isUnresolved()) {
                    answer.accept("its host name " + endpoint.host() + " cannot be resolved");
                    return () -> {};
                }
                AsynchronousSocketChannel channel;
                try {
                    channel = AsynchronousSocketChannel.open();
                } catch (IOException refused) {
                    answer.accept("no socket: " + Prober.reason(refused));
                    return () -> {};
                }
                channel.connect(address, null, new CompletionHandler<@Nullable Void, @Nullable Void>() {
                    @Override
                    public void completed(@Nullable Void done, @Nullable Void none) {
                        close(channel);
                        answer.accept(null);
                    }

                    @Override
                    public void failed(Throwable thrown, @Nullable Void none) {
                        close(channel);
                        answer.accept(Prober.reason(thrown));
                    }
                });
                return () -> TcpProber.close(channel);
            }

            @Override
            public void close() {}

            private void close(AsynchronousSocketChannel channel) {
                TcpProber.close(channel);
            }
        };
    }

    private static void close(AsynchronousSocketChannel channel) {
        try {
            channel.close();
        } catch (IOException gone) {
            // Nothing more can be done about it.
        }
    }
}
