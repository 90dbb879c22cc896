package dev.zerohop.etcd.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class MembersTest {

    @Test
    void everyMemberIsAskedBeforeOneIsAskedAgain() {
        for (int seed = 0; seed < 100; seed++) {
            Members members = new Members(5, new SplittableRandom(seed)::nextLong);
            assertThat(members.current()).isEqualTo(members.home());
            Set<Integer> asked = new LinkedHashSet<>();
            asked.add(members.current());
            for (int i = 0; i < 4; i++) {
                members.failed();
                asked.add(members.current());
            }
            assertThat(asked).hasSize(5);
            int last = members.current();
            members.failed();
            assertThat(members.current()).isNotEqualTo(last);
        }
    }

    @Test
    void afterAnAnswerAnyOtherOneMayBeNext() {
        Set<Integer> next = new LinkedHashSet<>();
        for (int seed = 0; seed < 100; seed++) {
            Members members = new Members(3, new SplittableRandom(seed)::nextLong);
            int first = members.current();
            members.failed();
            int second = members.current();
            members.answered();
            members.failed();
            assertThat(members.current()).isNotEqualTo(second);
            next.add((members.current() - first + 3) % 3);
        }
        assertThat(next).as("the first one too").contains(0).hasSizeGreaterThan(1);
    }

    @Test
    void oneAloneIsAskedAgain() {
        Members members = new Members(1, () -> -1L);
        members.failed();
        assertThat(members.current()).isZero();
        assertThat(members.away()).isFalse();
    }
}
