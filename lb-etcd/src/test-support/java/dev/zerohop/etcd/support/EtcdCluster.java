package dev.zerohop.etcd.support;

import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Three etcd processes that elect a leader, with a bad network between them if asked for. */
public final class EtcdCluster implements AutoCloseable {
    private final List<EtcdServer> members = new ArrayList<>();
    private final List<RoughProxy> ways = new ArrayList<>();

    private EtcdCluster(Path directory) throws IOException {
        for (int i = 0; i < 3; i++) {
            EtcdServer member = new EtcdServer(Files.createDirectory(directory.resolve("m" + i)), "m" + i);
            members.add(member);
            ways.add(new RoughProxy(member.peerPort()));
        }
        String all =
                IntStream.range(0, 3).mapToObj(i -> "m" + i + "=" + peer(i)).collect(Collectors.joining(","));
        for (int i = 0; i < 3; i++) {
            members.get(i).joins(peer(i), all);
            members.get(i).launch();
        }
        members.forEach(EtcdServer::awaitAnswer);
    }

    /** A cluster that answers. */
    public static EtcdCluster started(Path directory) throws IOException {
        return new EtcdCluster(directory);
    }

    private String peer(int member) {
        return "http://" + ways.get(member).address();
    }

    public EtcdServer member(int i) {
        return members.get(i);
    }

    public String[] addresses() {
        return members.stream().map(EtcdServer::address).toArray(String[]::new);
    }

    /** The member that {@code witness} calls its leader. */
    public int leader(int witness) {
        EtcdServer.await().until(() -> members.get(witness).status().getLeader() != 0);
        long leader = members.get(witness).status().getLeader();
        for (int i = 0; i < 3; i++) {
            if (i == witness || answers(i)) {
                if (members.get(i).status().getHeader().getMemberId() == leader) {
                    return i;
                }
            }
        }
        throw new IllegalStateException("the leader does not answer");
    }

    private boolean answers(int member) {
        try {
            return members.get(member).status().getDbSize() >= 0;
        } catch (StatusRuntimeException down) {
            return false;
        }
    }

    /** Cuts a member off from the two others; its clients still reach it. Waits until it knows no leader. */
    public void cutOff(int member) {
        String id = Long.toHexString(members.get(member).status().getHeader().getMemberId());
        for (int i = 0; i < 3; i++) {
            if (i == member) {
                ways.get(i).swallow();
            } else {
                ways.get(i).swallowFrom(id);
            }
        }
        EtcdServer.await().until(() -> members.get(member).status().getLeader() == 0);
    }

    public void heal() {
        ways.forEach(RoughProxy::heal);
    }

    @Override
    public void close() throws IOException {
        members.forEach(EtcdServer::close);
        for (RoughProxy way : ways) {
            way.close();
        }
    }
}
