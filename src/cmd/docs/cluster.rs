//! Documentation of the commands about the cluster: data only, what COMMAND DOCS shows.

use crate::state::spec::CommandDoc;
use crate::state::spec::arg::{block, int, one_of, string, token};

/// ASKING
pub static ASKING: CommandDoc = CommandDoc::new(
    "cluster",
    "3.0.0",
    "O(1)",
    "Lets the next command reach a hash slot that is still being imported.",
);

/// CLUSTER
pub static CLUSTER: CommandDoc = CommandDoc::new(
    "cluster",
    "3.0.0",
    "Depends on subcommand.",
    "Groups the subcommands about the cluster.",
);

/// CLUSTER ADDSLOTS
pub static CLUSTER_ADDSLOTS: CommandDoc = CommandDoc::new(
    "cluster",
    "3.0.0",
    "O(N) where N is the total number of hash slot arguments",
    "Makes this node serve the given hash slots.",
)
.args(&[int("slot").many()]);

/// CLUSTER ADDSLOTSRANGE
pub static CLUSTER_ADDSLOTSRANGE: CommandDoc = CommandDoc::new(
    "cluster",
    "7.0.0",
    "O(N) where N is the total number of the slots between the start slot and end slot arguments.",
    "Makes this node serve ranges of hash slots.",
)
.args(&[block("range", &[int("start-slot"), int("end-slot")]).many()]);

/// CLUSTER BUMPEPOCH
pub static CLUSTER_BUMPEPOCH: CommandDoc =
    CommandDoc::new("cluster", "3.0.0", "O(1)", "Raises the configuration epoch of this node.")
        .tips(&["nondeterministic_output"]);

/// CLUSTER COUNT-FAILURE-REPORTS
pub static CLUSTER_COUNT_FAILURE_REPORTS: CommandDoc = CommandDoc::new(
    "cluster",
    "3.0.0",
    "O(N) where N is the number of failure reports",
    "Counts the nodes that currently report a node as failing.",
)
.tips(&["nondeterministic_output"])
.args(&[string("node-id")]);

/// CLUSTER COUNTKEYSINSLOT
pub static CLUSTER_COUNTKEYSINSLOT: CommandDoc =
    CommandDoc::new("cluster", "3.0.0", "O(1)", "Counts the keys of a hash slot.").args(&[int("slot")]);

/// CLUSTER DELSLOTS
pub static CLUSTER_DELSLOTS: CommandDoc = CommandDoc::new(
    "cluster",
    "3.0.0",
    "O(N) where N is the total number of hash slot arguments",
    "Makes this node forget who serves the given hash slots.",
)
.args(&[int("slot").many()]);

/// CLUSTER DELSLOTSRANGE
pub static CLUSTER_DELSLOTSRANGE: CommandDoc = CommandDoc::new(
    "cluster",
    "7.0.0",
    "O(N) where N is the total number of the slots between the start slot and end slot arguments.",
    "Makes this node forget who serves ranges of hash slots.",
)
.args(&[block("range", &[int("start-slot"), int("end-slot")]).many()]);

/// CLUSTER FAILOVER
pub static CLUSTER_FAILOVER: CommandDoc =
    CommandDoc::new("cluster", "3.0.0", "O(1)", "Makes this replica take over from its master.")
        .args(&[one_of("options", &[token("force", "FORCE"), token("takeover", "TAKEOVER")]).opt()]);

/// CLUSTER FLUSHSLOTS
pub static CLUSTER_FLUSHSLOTS: CommandDoc =
    CommandDoc::new("cluster", "3.0.0", "O(1)", "Makes this node forget who serves any hash slot it owns.");

/// CLUSTER FORGET
pub static CLUSTER_FORGET: CommandDoc =
    CommandDoc::new("cluster", "3.0.0", "O(1)", "Removes a node from this node's view of the cluster.")
        .args(&[string("node-id")]);

/// CLUSTER GETKEYSINSLOT
pub static CLUSTER_GETKEYSINSLOT: CommandDoc = CommandDoc::new(
    "cluster",
    "3.0.0",
    "O(N) where N is the number of requested keys",
    "Shows names of keys of a hash slot.",
)
.tips(&["nondeterministic_output"])
.args(&[int("slot"), int("count")]);

/// CLUSTER HELP
pub static CLUSTER_HELP: CommandDoc =
    CommandDoc::new("cluster", "5.0.0", "O(1)", "Shows what the CLUSTER subcommands do.");

/// CLUSTER INFO
pub static CLUSTER_INFO: CommandDoc =
    CommandDoc::new("cluster", "3.0.0", "O(1)", "Describes the state of the cluster as this node sees it.")
        .tips(&["nondeterministic_output"]);

/// CLUSTER KEYSLOT
pub static CLUSTER_KEYSLOT: CommandDoc = CommandDoc::new(
    "cluster",
    "3.0.0",
    "O(N) where N is the number of bytes in the key",
    "Computes the hash slot of a key.",
)
.args(&[string("key")]);

/// CLUSTER LINKS
pub static CLUSTER_LINKS: CommandDoc = CommandDoc::new(
    "cluster",
    "7.0.0",
    "O(N) where N is the total number of Cluster nodes",
    "Describes the connections between this node and its peers.",
)
.tips(&["nondeterministic_output"]);

/// CLUSTER MEET
pub static CLUSTER_MEET: CommandDoc =
    CommandDoc::new("cluster", "3.0.0", "O(1)", "Introduces another node to the cluster.")
        .history(&[("4.0.0", "Added the optional `cluster_bus_port` argument.")])
        .args(&[string("ip"), int("port"), int("cluster-bus-port").since("4.0.0").opt()]);

/// CLUSTER MYID
pub static CLUSTER_MYID: CommandDoc =
    CommandDoc::new("cluster", "3.0.0", "O(1)", "Tells the identifier of this node.");

/// CLUSTER MYSHARDID
pub static CLUSTER_MYSHARDID: CommandDoc =
    CommandDoc::new("cluster", "7.2.0", "O(1)", "Tells the identifier of the shard this node belongs to.")
        .tips(&["nondeterministic_output"]);

/// CLUSTER NODES
pub static CLUSTER_NODES: CommandDoc = CommandDoc::new(
    "cluster",
    "3.0.0",
    "O(N) where N is the total number of Cluster nodes",
    "Describes the nodes of the cluster in the form of the configuration file.",
)
.tips(&["nondeterministic_output"]);

/// CLUSTER REPLICAS
pub static CLUSTER_REPLICAS: CommandDoc = CommandDoc::new(
    "cluster",
    "5.0.0",
    "O(N) where N is the number of replicas.",
    "Describes the replicas of a master.",
)
.tips(&["nondeterministic_output"])
.args(&[string("node-id")]);

/// CLUSTER REPLICATE
pub static CLUSTER_REPLICATE: CommandDoc =
    CommandDoc::new("cluster", "3.0.0", "O(1)", "Makes this node a replica of a master.")
        .args(&[string("node-id")]);

/// CLUSTER RESET
pub static CLUSTER_RESET: CommandDoc = CommandDoc::new(
    "cluster",
    "3.0.0",
    "O(N) where N is the number of known nodes. The command may execute a FLUSHALL as a side \
     effect.",
    "Resets the cluster state of this node.",
)
.args(&[one_of("reset-type", &[token("hard", "HARD"), token("soft", "SOFT")]).opt()]);

/// CLUSTER SAVECONFIG
pub static CLUSTER_SAVECONFIG: CommandDoc =
    CommandDoc::new("cluster", "3.0.0", "O(1)", "Writes the cluster configuration of this node to disk.");

/// CLUSTER SET-CONFIG-EPOCH
pub static CLUSTER_SET_CONFIG_EPOCH: CommandDoc =
    CommandDoc::new("cluster", "3.0.0", "O(1)", "Sets the configuration epoch of a fresh node.")
        .args(&[int("config-epoch")]);

/// CLUSTER SETSLOT
pub static CLUSTER_SETSLOT: CommandDoc =
    CommandDoc::new("cluster", "3.0.0", "O(1)", "Says which node serves, imports or gives away a hash slot.")
        .args(&[
            int("slot"),
            one_of(
                "subcommand",
                &[
                    string("importing").show("node-id").word("IMPORTING"),
                    string("migrating").show("node-id").word("MIGRATING"),
                    string("node").show("node-id").word("NODE"),
                    token("stable", "STABLE"),
                ],
            ),
        ]);

/// CLUSTER SHARDS
pub static CLUSTER_SHARDS: CommandDoc = CommandDoc::new(
    "cluster",
    "7.0.0",
    "O(N) where N is the total number of cluster nodes",
    "Describes the shards: their hash slots and nodes.",
)
.tips(&["nondeterministic_output"]);

/// CLUSTER SLAVES
pub static CLUSTER_SLAVES: CommandDoc = CommandDoc::new(
    "cluster",
    "3.0.0",
    "O(N) where N is the number of replicas.",
    "Describes the replicas of a master.",
)
.deprecated("5.0.0", "`CLUSTER REPLICAS`")
.tips(&["nondeterministic_output"])
.args(&[string("node-id")]);

/// CLUSTER SLOTS
pub static CLUSTER_SLOTS: CommandDoc = CommandDoc::new(
    "cluster",
    "3.0.0",
    "O(N) where N is the total number of Cluster nodes",
    "Tells which nodes serve which hash slots.",
)
.deprecated("7.0.0", "`CLUSTER SHARDS`")
.history(&[("4.0.0", "Added node IDs."), ("7.0.0", "Added additional networking metadata field.")])
.tips(&["nondeterministic_output"]);

/// READONLY
pub static READONLY: CommandDoc =
    CommandDoc::new("cluster", "3.0.0", "O(1)", "Lets this connection read from a cluster replica.");

/// READWRITE
pub static READWRITE: CommandDoc = CommandDoc::new("cluster", "3.0.0", "O(1)", "Takes back READONLY.");
