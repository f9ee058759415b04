"""What Hydra finds of xor_sweep: a launcher, a sweeper and the sweeps.

Every Hydra command in the environment imports these modules, so they are light. Hydra runs them before they stand in
`sys.modules`, where dataclasses would look up annotations that are strings: none of them postpones annotations.
"""
