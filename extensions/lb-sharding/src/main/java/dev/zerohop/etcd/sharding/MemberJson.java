package dev.zerohop.etcd.sharding;

import dev.zerohop.SliceMap;
import dev.zerohop.json.JsonReader;
import dev.zerohop.json.JsonWriter;
import dev.zerohop.sharding.store.Member;
import dev.zerohop.sharding.store.MemberState;
import java.io.IOException;
import java.util.List;

/**
 * The value of a member's key: {@code {"phase": "READY", "weight": 1, "zone": "a", "generation": 0, "incarnation": 17}}. Programs write it for programs: fields that are not known are
 * ignored.
 */
final class MemberJson {
    private static final List<MemberState.Phase> PHASES = List.of(MemberState.Phase.values());

    private MemberJson() {}

    static String write(MemberState state, long incarnation) {
        return JsonWriter.object(out -> {
            out.writeStringField("phase", state.phase().name());
            out.writeNumberField("weight", state.weight());
            out.writeStringField("zone", state.zone());
            out.writeNumberField("generation", state.generation());
            out.writeNumberField("incarnation", incarnation);
        });
    }

    /** The member of an id; throws either exception if the value is rejected. */
    static Member parse(String id, byte[] utf8) throws IOException {
        var given = new Object() {
            MemberState.Phase phase = MemberState.Phase.STARTING;
            int weight = 1;
            String zone = "";
            long generation = SliceMap.DRAFT;
            long incarnation;
        };
        JsonReader.object(utf8, (in, name) -> {
            switch (name) {
                case "phase" -> given.phase = in.oneOf(name, PHASES);
                case "weight" -> given.weight = in.integer(name, 1, Integer.MAX_VALUE);
                case "zone" -> given.zone = in.anyText(name);
                case "generation" -> given.generation = in.integer(name, SliceMap.DRAFT, Long.MAX_VALUE);
                case "incarnation" -> given.incarnation = in.integer(name, 0, Long.MAX_VALUE);
                default -> in.skip();
            }
        });
        return new Member(
                new MemberState(id, given.phase, given.weight, given.zone, given.generation), given.incarnation);
    }
}
