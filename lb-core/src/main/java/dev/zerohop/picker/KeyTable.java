package dev.zerohop.picker;

import dev.zerohop.internal.OptionsText;
import org.jspecify.annotations.Nullable;

/** Which member owns which keys, laid out once for members and their weights. Immutable. */
interface KeyTable {

    /** The position of a key. */
    int find(long hash);

    /** The position whose owner stands in where that of the last one cannot take a call; {@code step} is 1 for the first such, and so on. */
    int next(int position, long hash, int step);

    /** The member that owns a position. */
    int owner(int position);

    /** How many positions there are, 1 or more. */
    int size();

    /** A number of a position that it keeps, as long as its owner has it, whatever other members come and go. */
    long mark(int position);

    /** What a position is, for a person. */
    String describe(int position);

    /** How tables are made. An immutable value. */
    interface Layout {
        /** The name of the policy. */
        String policy();

        /** Adds the options as a configuration states them. */
        OptionsText describe(OptionsText text);

        /** The table of these members, of which one has a weight; null for a policy that ranks the members anew for each key. */
        @Nullable
        KeyTable lay(HashMembers members);
    }
}
