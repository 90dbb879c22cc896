package dev.zerohop.resolver;

import dev.zerohop.SliceMap;
import dev.zerohop.fuzz.Input;
import dev.zerohop.fuzz.Said;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** The values that hold an assignment of keys: bases, deltas of one, heads and whole ones. */
public final class SlicesFuzz {
    private static final List<String> KINDS = List.of("base", "delta", "head", "whole");
    private static final long GENERATION = SliceHead.generation(2, 1_000);
    private static final SliceMap BEFORE = SliceMap.builder()
            .owners(List.of(new SliceMap.Owner("a", 1), new SliceMap.Owner("b", 2), new SliceMap.Owner("c", 3)))
            .slice(0, 5, 1, 0)
            .slice(16, 5, 1, 1, 2)
            .inherited(32, 5)
            .slice(Long.MIN_VALUE, 5, 1, 2)
            .build(5);

    private SlicesFuzz() {}

    /** A kind on the first line, and the value behind it, deflated or not. */
    public static void fuzzerTestOneInput(byte[] data) {
        Input input = Input.of(data);
        byte[] value = input.rest().bytes();
        try {
            switch (input.word(KINDS)) {
                case "base" -> readAgain(SliceMapJson.parseBase(value, GENERATION));
                case "delta" -> delta(value);
                case "head" -> {
                    SliceHead head = SliceHead.parse(value);
                    Said.same(head, SliceHead.parse(head.write()), head.toString());
                }
                default -> readAgain(SliceMapJson.parseWhole(value));
            }
        } catch (IllegalArgumentException refused) {
            Said.by(refused);
        }
    }

    private static void delta(byte[] value) {
        SliceMap next = SliceDelta.apply(BEFORE, value, GENERATION);
        readAgain(next);
        byte[] again = SliceDelta.of(BEFORE, next);
        SliceMap read = SliceDelta.apply(BEFORE, again, GENERATION);
        if (!read.placesAs(next) || !read.owners().equals(next.owners())) {
            throw new AssertionError("what was written is another one: " + new String(again, StandardCharsets.UTF_8));
        }
    }

    /** Loads are rounded once. */
    private static void readAgain(SliceMap map) {
        Said.shown(map.toString());
        map.owners().forEach(owner -> Said.shown(owner.id()));
        byte[] written = SliceMapJson.whole(map);
        SliceMap read;
        try {
            read = SliceMapJson.parseWhole(written);
        } catch (IllegalArgumentException refused) {
            throw new AssertionError("what was written is refused", refused);
        }
        if (!read.placesAs(map)
                || read.generation() != map.generation()
                || !read.owners().equals(map.owners())
                || !Arrays.equals(SliceMapJson.whole(read), written)) {
            throw new AssertionError(map + " is read as " + read);
        }
        for (int i = 0; i < map.size(); i++) {
            Said.same(map.since(i), read.since(i), map.name(i));
            Said.same(i, map.find(map.low(i)), map.name(i));
        }
    }
}
