package dev.zerohop.etcd.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.SliceMap;
import dev.zerohop.etcd.EtcdClient;
import dev.zerohop.etcd.client.Leases;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.sharding.AssignmentWriter.Present;
import dev.zerohop.etcd.support.EtcdServer;
import dev.zerohop.etcd.support.GateProxy;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A write whose answer is lost is looked up. */
@Timeout(300)
class AssignmentWriterTest {
    private static final SliceMap DRAFT = SliceMap.builder()
            .owners(List.of(new SliceMap.Owner("a", 1)))
            .slice(0, SliceMap.DRAFT, 0, 0)
            .build();
    private static final Present NOTHING = new Present(Map.of(), null, SliceMap.DRAFT);

    @TempDir
    Path directory;

    private final ServiceKeys keys = new ServiceKeys("orders");
    private EtcdServer etcd;
    private Leases.Guard candidacy;

    @BeforeEach
    void start() {
        etcd = EtcdServer.started(directory);
        etcd.put(keys.election() + "1", "a");
        candidacy = new Leases.Guard(
                keys.election() + "1", etcd.get(keys.election() + "1").getCreateRevision());
    }

    @AfterEach
    void stop() {
        etcd.close();
    }

    /** Writes over a connection that is cut, until one was: a client begins with either of its two servers. */
    private CompletableFuture<Boolean> writeOverACut(GateProxy.Cut where) throws Exception {
        while (true) {
            try (GateProxy proxy = new GateProxy(etcd.port());
                    EtcdClient client = EtcdClient.of(proxy.address(), etcd.address())) {
                proxy.cutAt("assignment/base/1", where);
                CompletableFuture<Boolean> written = new AssignmentWriter(
                                keys, new Leases(client.cluster().connection()))
                        .write(NOTHING, DRAFT, candidacy);
                try {
                    written.get(60, TimeUnit.SECONDS);
                } catch (java.util.concurrent.ExecutionException failed) {
                    // What it failed with is for the test.
                }
                if (proxy.cut.getCount() == 0) {
                    return written;
                }
                etcd.delete(keys.assignmentHead());
                etcd.delete(keys.assignmentBase(1));
            }
        }
    }

    @Test
    void anAnswerThatIsLostIsFoundInEtcd() throws Exception {
        assertThat(writeOverACut(GateProxy.Cut.AFTER).get()).isTrue();
        assertThat(etcd.get(keys.assignmentHead())).isNotNull();
    }

    @Test
    void aRequestThatIsLostMayStillArrive() throws Exception {
        CompletableFuture<Boolean> lost = writeOverACut(GateProxy.Cut.BEFORE);
        assertThatThrownBy(lost::get).hasCauseInstanceOf(java.io.IOException.class);
        assertThat(etcd.get(keys.assignmentHead())).isNull();
    }

    @Test
    void neitherAnotherHeadNorAnotherCandidacyIsWrittenOver() throws Exception {
        try (EtcdClient client = EtcdClient.of(etcd.address())) {
            AssignmentWriter writer =
                    new AssignmentWriter(keys, new Leases(client.cluster().connection()));
            Leases.Guard deposed = new Leases.Guard(candidacy.key(), candidacy.created() - 1);
            assertThat(writer.write(NOTHING, DRAFT, deposed).get(60, TimeUnit.SECONDS))
                    .isFalse();
            assertThat(etcd.get(keys.assignmentHead())).isNull();
            assertThat(writer.write(NOTHING, DRAFT, candidacy).get(60, TimeUnit.SECONDS))
                    .isTrue();
            long revision = etcd.get(keys.assignmentHead()).getModRevision();
            assertThat(writer.write(NOTHING, DRAFT, candidacy).get(60, TimeUnit.SECONDS))
                    .isFalse();
            assertThat(etcd.get(keys.assignmentHead()).getModRevision()).isEqualTo(revision);
            assertThat(etcd.get(keys.assignmentBase(1)).getModRevision()).isEqualTo(revision);
        }
    }

    @Test
    void theEpochsAreNotEndless() throws Exception {
        try (EtcdClient client = EtcdClient.of(etcd.address())) {
            AssignmentWriter writer =
                    new AssignmentWriter(keys, new Leases(client.cluster().connection()));
            assertThatThrownBy(() -> writer.write(new Present(Map.of(), null, (1L << 53) - 1), DRAFT, candidacy))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("epoch was 8192");
        }
    }
}
