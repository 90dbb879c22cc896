package dev.zerohop.etcd.client;

import com.google.protobuf.ByteString;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.testing.ListWatchContract;
import dev.zerohop.watch.ListWatch;
import dev.zerohop.watch.SourceFailure;
import dev.zerohop.watch.WatchPolicy;
import java.util.List;
import org.jspecify.annotations.Nullable;

class RangeWatchContractTest extends ListWatchContract<Entry, Version> {
    private final FakeStore etcd = new FakeStore();

    private final Store store = new Store() {
        @Override
        public void put(String key) {
            etcd.put("a/" + key, "value");
        }

        @Override
        public void putUnseen(String key) {
            etcd.losePut("a/" + key, "value");
        }

        @Override
        public void delete(String key) {
            etcd.delete("a/" + key);
        }

        @Override
        public void deleteUnseen(String key) {
            etcd.loseDelete("a/" + key);
        }

        @Override
        public void failWith(@Nullable SourceFailure failure) {
            etcd.readFailure = failure;
        }

        @Override
        public void answers(boolean answers) {
            etcd.silent = !answers;
        }

        @Override
        public void endWatch(SourceFailure failure) {
            etcd.lastWatch().watcher.onEnd(failure);
        }

        @Override
        public Runnable lateChange() {
            FakeStore.FakeWatch watch = etcd.lastWatch();
            Entry late = new Entry("a/late", ByteString.EMPTY, 900);
            return () -> watch.puts(900, late);
        }

        @Override
        public int watches() {
            return (int) etcd.watches.stream().filter(watch -> !watch.cancelled).count();
        }

        @Override
        public int lists() {
            return etcd.reads;
        }
    };

    @Override
    protected Store store() {
        return store;
    }

    @Override
    protected ListWatch<Entry, Version> source() {
        return new RangeWatch(etcd, List.of(KeyRange.under("a/")));
    }

    @Override
    protected WatchPolicy policy() {
        return RangeWatch.POLICY;
    }
}
