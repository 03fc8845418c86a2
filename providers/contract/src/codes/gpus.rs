//! Codes of GPUs: cards, slices, sharing. See the table in [`super`].

crate::codes! {
    UNKNOWN_MODEL = "AF0401" Warning "This model of GPU is not in the catalogue" "\
afctl knows the models of the field by name, to tell which can be cut into slices and what Kubernetes calls them. A model \
that it does not know is counted as cards that cannot be cut.\n\nModels with several sizes of memory have it in their name: \
`a100-40gb`, `v100-32gb`, `h100-80gb`. If yours is new, nothing is wrong: suppress this warning with that reason.";
    CANNOT_CUT = "AF0402" Error "These cards cannot be cut into slices" "\
MIG exists in the large data-centre cards since the A100: A30, A100, H100, H200, B200. Others can be shared by several \
processes at once (`mps`) or in turn (`time-slice`), without isolation of memory.\n\n    sharing: {time-slice: \
{replicas: 4}}";
    UNKNOWN_SLICE = "AF0403" Error "The cards know no such slice" "\
The profiles of MIG depend on the memory of the card: an A100 of 40 GB is cut into `1g.5gb`, one of 80 GB into `1g.10gb`. The \
driver refuses any other.\n\n    gpu: {model: a100-40gb, perNode: 4, sharing: {mig: {1g.5gb: 28}}}";
    TOO_MANY_SLICES = "AF0404" Error "The cards do not give so many slices" "\
`mig` says how many of each profile there are in the whole pool, and `whole` how many cards stay in one piece. A card has 7 \
slices of compute and 8 of memory (an A30: 4 and 4); a `2g.10gb` takes 2 and 2, a `3g.20gb` 3 and 4. A slice never spans two \
cards.\n\n8 cards:\n\n    mig: {1g.5gb: 14, whole: 6}      # 14 / 7 = 2 cards, and 6";
    CARDS_LEFT = "AF0405" Warning "Some cards are neither cut nor whole" "\
Every card of the pool is either cut or left whole; those that the layout does not mention can be used by nobody, since the \
scheduler counts only what is mentioned.\n\nSay what becomes of them, for instance `whole: 2`.";
    SLICE_NOWHERE = "AF0406" Error "No pool makes the slice that is asked for" "\
A slice exists only where a pool's cards are cut so. Sessions that ask for another wait for ever.\n\nAsk for a slice that a \
pool makes, or have it made: `sharing: {mig: {1g.5gb: 14, whole: 6}}`.";
    MODEL_NOWHERE = "AF0407" Error "No pool has the GPU that is asked for" "\
The profile asks for a model, or for whole cards, and no pool that it may use has any. Cards that are cut count as slices \
only.\n\nAsk for a model that a pool has, or leave `model` out to take any.";
    TOO_MANY_GPUS = "AF0408" Error "More GPUs are asked for than one node has" "\
A session runs on one node, so it can have no more GPUs than one node has, however many nodes there are.\n\nAsk for fewer; \
work over several nodes belongs into a batch queue.";
    SEVERAL_SHARES = "AF0409" Warning "Several shares of one card give no more of it" "\
Where cards are shared (`time-slice`, `mps`), asking for two shares gives no more computing than one, and the device plugin \
may refuse it. To have more, ask for a whole card or a MIG slice.\n\nWrite `count: 1`.";
    SEVERAL_SLICES = "AF0410" Note "One process sees one slice" "\
With MIG, a CUDA process uses one slice only, the first that it sees: seven slices serve seven processes, not one process \
seven times as fast.\n\nAsk for one larger slice (`3g.20gb`) where one process is meant to be faster.";
}
