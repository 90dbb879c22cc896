package dev.zerohop.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FreePortsTest {

    @Test
    void eachIsAnotherOneAndBelowThoseOfConnections() throws Exception {
        Set<Integer> seen = new HashSet<>();
        for (int i = 0; i < 20; i++) {
            int port = FreePorts.next();
            assertThat(port).isBetween(1024, 32767);
            assertThat(seen.add(port)).isTrue();
            new ServerSocket(port, 1, InetAddress.getLoopbackAddress()).close();
        }
    }

    @Test
    void onesThatAreTakenAreLeftOut() throws Exception {
        List<ServerSocket> taken = new ArrayList<>();
        try {
            int before = FreePorts.next();
            for (int port = before + 1; port <= before + 5; port++) {
                try {
                    taken.add(new ServerSocket(port, 1, InetAddress.getLoopbackAddress()));
                } catch (java.net.BindException alreadyTaken) {
                    continue;
                }
            }
            for (int i = 0; i < 5; i++) {
                int port = FreePorts.next();
                assertThat(taken).extracting(ServerSocket::getLocalPort).doesNotContain(port);
            }
        } finally {
            for (ServerSocket socket : taken) {
                socket.close();
            }
        }
    }
}
