package dev.zerohop.etcd.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.common.net.HostAndPort;
import dev.zerohop.Env;
import dev.zerohop.testing.FreePorts;
import dev.zerohop.watch.SourceFailure;
import io.etcd.jetcd.api.MaintenanceGrpc;
import io.etcd.jetcd.api.StatusRequest;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A connection whose server is not reached is given up for all calls that it has. */
class GivenUpConnectionTest {

    private static Throwable call(EtcdConnection.ServerChannel channel) {
        return catchThrowable(
                () -> MaintenanceGrpc.newBlockingStub(channel.calls()).status(StatusRequest.getDefaultInstance()));
    }

    @Test
    void whatIsCutOffByThatNamesTheCauseAndNotItself() throws Exception {
        try (EtcdConnection connection = new EtcdConnection(
                List.of(HostAndPort.fromParts("127.0.0.1", FreePorts.next())), Access.PLAIN, Env.system())) {
            EtcdConnection.ServerChannel channel = connection.channel();
            SourceFailure first = connection.failed(channel, call(channel));
            assertThat(first).hasMessageContaining("cannot be connected to, Connection refused");
            // Most often it says that the channel was shut down.
            Throwable cutOff = call(channel);
            assertThat(connection.failed(channel, cutOff))
                    .hasMessage(first.getMessage())
                    .hasCause(cutOff);
            assertThat(connection.explained(channel, cutOff)).hasMessage(first.getMessage());
        }
    }
}
