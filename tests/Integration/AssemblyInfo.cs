using Xunit;

// Each test has its own tag, state root and bundle, and the leak check looks only for that tag; two at a time is what a small
// machine bears.
[assembly: CollectionBehavior(MaxParallelThreads = 2)]
