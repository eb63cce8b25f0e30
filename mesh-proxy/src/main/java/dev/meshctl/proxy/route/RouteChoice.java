package dev.meshctl.proxy.route;

/**
 * The route that a request takes.
 *
 * @param matchedPrefix what a prefix rewrite replaces
 */
public record RouteChoice(CompiledRoute route, String matchedPrefix) {}
