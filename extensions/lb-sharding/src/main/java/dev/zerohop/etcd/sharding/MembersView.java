package dev.zerohop.etcd.sharding;

import dev.zerohop.Log;
import dev.zerohop.SliceMap;
import dev.zerohop.etcd.client.KeyRange;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.LastGood;
import dev.zerohop.etcd.client.RejectedValue;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.resolver.SliceMapJson;
import dev.zerohop.sharding.store.LoadReport;
import dev.zerohop.sharding.store.Member;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What the assigner reads of the members: registrations, reports and offers. Keeps the last good value of each. For tasks of one serial executor. */
final class MembersView {
    private static final Log LOG = Log.of(MembersView.class);

    private final String name;
    private final ServiceKeys keys;
    private Map<String, LastGood<Member>> registered = new HashMap<>();
    private Map<String, LastGood<LoadReport>> reported = new HashMap<>();
    private Map<String, LastGood<SliceMap>> offered = new HashMap<>();
    private List<RejectedValue> rejected = List.of();
    private List<Member> members = List.of();
    private List<LoadReport> reports = List.of();
    private Map<String, SliceMap> offers = Map.of();

    MembersView(String name, ServiceKeys keys) {
        this.name = name;
        this.keys = keys;
    }

    List<KeyRange> followed() {
        return List.of(KeyRange.under(keys.members()), KeyRange.under(keys.loads()), KeyRange.under(keys.offers()));
    }

    void read(Map<String, Entry> entries) {
        List<RejectedValue> rejections = new ArrayList<>();
        TreeMap<String, Member> present = new TreeMap<>();
        registered = values(entries, keys.members(), registered, rejections, MemberJson::parse, present::put);
        TreeMap<String, LoadReport> measured = new TreeMap<>();
        reported = values(entries, keys.loads(), reported, rejections, ReportJson::parse, measured::put);
        measured.keySet().retainAll(present.keySet());
        Map<String, SliceMap> known = new HashMap<>();
        offered = values(
                entries, keys.offers(), offered, rejections, (id, value) -> SliceMapJson.parseWhole(value), known::put);
        for (RejectedValue bad : rejections) {
            if (!rejected.contains(bad)) {
                LOG.warn("{}: {}", name, bad.text());
            }
        }
        rejected = rejections;
        members = List.copyOf(present.values());
        reports = List.copyOf(measured.values());
        offers = known;
    }

    /** Reads the value of a member's key. */
    private interface Parser<T> {
        T parse(String id, byte[] value) throws java.io.IOException;
    }

    private interface Taker<T> {
        @Nullable
        T take(String id, T value);
    }

    private static <T> Map<String, LastGood<T>> values(
            Map<String, Entry> entries,
            String directory,
            Map<String, LastGood<T>> before,
            List<RejectedValue> rejections,
            Parser<T> parser,
            Taker<T> taker) {
        Map<String, LastGood<T>> kept = new HashMap<>();
        entries.forEach((key, entry) -> {
            if (!key.startsWith(directory)) {
                return;
            }
            String id = key.substring(directory.length());
            LastGood<T> value = before.getOrDefault(id, new LastGood<>(utf8 -> {
                ServiceKeys.requireSegment("the member's id", id);
                return parser.parse(id, utf8);
            }));
            kept.put(id, value);
            T good = value.read(entry, rejections);
            if (good != null) {
                var ignored = taker.take(id, good);
            }
        });
        return kept;
    }

    /** Sorted by id. */
    List<Member> members() {
        return members;
    }

    List<LoadReport> reports() {
        return reports;
    }

    /** What a member offers; null for nothing. */
    @Nullable
    SliceMap offer(String id) {
        return offers.get(id);
    }

    /** The member that states the newest generation, the first by id of several; null without members. */
    @Nullable
    Member newest() {
        return members.stream()
                .max(Comparator.<Member>comparingLong(member -> member.state().generation())
                        .thenComparing(Comparator.comparing(Member::id).reversed()))
                .orElse(null);
    }
}
