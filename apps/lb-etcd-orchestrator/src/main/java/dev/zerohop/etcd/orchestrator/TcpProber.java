package dev.zerohop.etcd.orchestrator;

import dev.zerohop.Endpoint;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.CompletionHandler;
import org.jspecify.annotations.Nullable;

/** A connection that is made and closed. */
final class TcpProber implements Prober {

    @Override
    public Target connect(Endpoint endpoint) {
        return answer -> {
            AsynchronousSocketChannel channel;
            try {
                InetSocketAddress address = Prober.addressOf(endpoint);
                channel = AsynchronousSocketChannel.open();
                channel.connect(address, null, new CompletionHandler<@Nullable Void, @Nullable Void>() {
                    @Override
                    public void completed(@Nullable Void done, @Nullable Void none) {
                        Prober.close(channel);
                        answer.accept(null);
                    }

                    @Override
                    public void failed(Throwable thrown, @Nullable Void none) {
                        Prober.close(channel);
                        answer.accept(Prober.reason(thrown));
                    }
                });
            } catch (UnknownHostException unresolved) {
                answer.accept(unresolved.getMessage());
                return () -> {};
            } catch (IOException none) {
                answer.accept("no socket: " + Prober.reason(none));
                return () -> {};
            }
            return () -> Prober.close(channel);
        };
    }
}
