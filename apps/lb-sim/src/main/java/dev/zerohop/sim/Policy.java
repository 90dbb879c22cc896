package dev.zerohop.sim;

import dev.zerohop.BalancerSettings;

/**
 * One of the policies that are compared.
 *
 * @param name as it was asked for
 * @param settings the whole configuration, with this policy
 */
public record Policy(String name, BalancerSettings settings) {}
