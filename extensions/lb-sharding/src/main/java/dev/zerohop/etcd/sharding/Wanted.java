package dev.zerohop.etcd.sharding;

import dev.zerohop.SliceMap;
import dev.zerohop.json.JsonReader;
import dev.zerohop.json.JsonWriter;
import java.io.IOException;

/**
 * What the assigner asks of a member: its assignment, which is newer than all that the store holds and the assigner knows.
 *
 * @param member the id of the member
 * @param generation the one that it stated
 */
record Wanted(String member, long generation) {

    String write() {
        return JsonWriter.object(out -> {
            out.writeStringField("member", member);
            out.writeNumberField("generation", generation);
        });
    }

    static Wanted parse(byte[] utf8) throws IOException {
        var given = new Object() {
            String member = "";
            long generation;
        };
        JsonReader.object(utf8, (in, name) -> {
            switch (name) {
                case "member" -> given.member = in.text(name);
                case "generation" -> given.generation = in.integer(name, SliceMap.DRAFT, Long.MAX_VALUE);
                default -> in.skip();
            }
        });
        return new Wanted(given.member, given.generation);
    }
}
